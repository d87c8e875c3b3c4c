/** `deploy` with the real Supabase CLI in its two versions: the flags, and what reaches a project. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { supabaseCommands } from "../../../cli/lib/deploy/supabase-commands.ts";
import { projectDir } from "../../../stack/config.ts";
import { add, makeFolder, makeProject } from "../install/project.ts";
import { projectRef as ref, startManagementApi } from "../management-api.ts";
import { clis, environmentAt, supabase } from "../supabase-cli.ts";
import { fakeSupabase } from "./fake-supabase.ts";
import { runDeploy } from "./run-deploy.ts";

describe.each(clis)("version $version of the Supabase CLI", (cli) => {
  const all = supabaseCommands[cli.version];

  test.concurrent.each([
    ["link", all.link(ref)],
    ["db push", all.pushMigrations()],
    ["db query", all.runSql(ref, "x")],
  ])("%s has the flags that deploy gives it", async (command, args) => {
    const home = makeFolder({});
    const help = await supabase(cli, home, home, ...command.split(" "), "--help");
    const flags = args.flatMap((arg) => /^--[\w-]+/.exec(arg) ?? []);
    for (const flag of [...flags, "--yes"]) expect(help).toMatch(new RegExp(`(?:^|\\s)${flag}\\b`));
  });

  test("deploys to a project in use, and changes nothing else there", async () => {
    const folder = makeFolder({});
    const api = await startManagementApi(folder);
    onTestFinished(() => api.stop());
    for (const [name, value] of Object.entries(environmentAt(folder))) vi.stubEnv(name, value);
    // Its name alone would be that of the program in its place.
    const program = path.resolve(projectDir, "node_modules/.bin", cli.program);
    const project = makeProject();
    add(project);
    const fake = fakeSupabase(folder, `${cli.version}.0.0`, { program, profile: api.profile });
    const secrets = path.join(folder, "secrets");
    const args = ["--run", "--yes", "--project-ref", ref, "--supabase-dir", project, "--secrets", secrets];
    const { code, output } = await runDeploy(fake, args);
    expect([code, output]).toEqual([0, expect.stringContaining("\nDeployed.")]);
    const ring = readFileSync(path.join(secrets, "keyring.json"), "utf8").trim();
    expect(api.changes).toEqual([
      ["PATCH", "/postgrest", { db_schema: "public,graphql_public,byok" }],
      ["POST", "/secrets", [{ name: "BYOK_MASTER_KEYS", value: ring }]],
    ]);
    expect([...api.files.keys()]).toEqual(["byok"]);
    expect(api.settings.get("byok")).toMatchObject({ verify_jwt: false });
    // The project's own account of its secrets is understood.
    expect((await runDeploy(fake, args)).code).toBe(0);
    expect(api.changes).toHaveLength(2);
  });
});
