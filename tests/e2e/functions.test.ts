/** The endpoints as one function of any name, or each as a function of its own. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createByok } from "../../client/index.ts";
import { defaultSupabaseDir, projectDir } from "../../stack/config.ts";
import { functionsUrl, newUser, type User } from "../harness/users.ts";
import { fakeKey } from "../harness/fakes.ts";
import { type OwnStack, startOwnStack } from "../harness/own-stack.ts";
import { runCommand } from "../harness/processes.ts";

test("byok answers a name that is no endpoint, and a browser may read it", async () => {
  for (const name of ["", "/", "/acme", "/byok/save", "/constructor"]) {
    const answer = await fetch(`${functionsUrl}${name}`);
    expect([name, answer.status, answer.headers.get("x-byok-error")]).toEqual([name, 404, "unknown_endpoint"]);
    expect(answer.headers.get("access-control-allow-origin")).toBe("*");
  }
});

const single = ["save", "verify", "call", "providers", "rotate"];

describe.each([
  { form: "one function of another name", slugs: { keys: "byok" }, functionName: "keys", rotate: "keys/rotate" },
  {
    form: "functions of their own",
    slugs: Object.fromEntries(single.map((slug) => [slug, slug])),
    functionName: "",
    rotate: "rotate",
  },
])("the endpoints as $form", ({ slugs, functionName, rotate }) => {
  let folder: string;
  let own: OwnStack;
  let user: User;
  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), "byok-project-"));
    own = await startOwnStack({}, { supabaseDir: projectWith(folder, slugs) });
    user = await newUser(0, own);
  });
  afterAll(async () => {
    await own?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test("serve the client, an SDK's path, and the operator's rotation", async () => {
    const byok = createByok(user.supabase, { functionName });
    expect((await byok.providers()).data?.length).toBeGreaterThan(3);
    const saved = await byok.save({ provider: "openai", key: fakeKey("openai", "works") });
    expect(saved.data?.verdict).toBe("verified");
    expect((await byok.verify("openai")).data?.verdict).toBe("verified");
    const { data: endpoint } = await byok.endpoint("openai");
    const headers = { authorization: `Bearer ${user.accessToken}` };
    const models = await fetch(`${endpoint!.sdk}/models`, { headers });
    expect([models.status, models.headers.get("x-byok-funding")]).toEqual([200, "byok"]);

    const env = { SUPABASE_URL: own.url, SUPABASE_SECRET_KEY: own.secretKey };
    const rotated = await runCommand("rotate", ["--dry-run", "--endpoint", rotate], env).ended;
    expect([rotated.code, rotated.output]).toEqual([0, expect.stringContaining("1")]);
  });
});

/** A supabase folder like the project's, but for the names of its functions. */
function projectWith(folder: string, slugs: Readonly<Record<string, string>>): string {
  const supabaseDir = path.join(folder, "supabase");
  mkdirSync(supabaseDir);
  const config = readFileSync(path.join(defaultSupabaseDir, "config.toml"), "utf8");
  const [rest, section] = config.split(/(?=^\[functions\.byok\]$)/m) as [string, string];
  const sections = Object.entries(slugs).map(([slug, file]) =>
    section.replace("[functions.byok]", `[functions.${slug}]`).replace("functions/byok/", `functions/${file}/`),
  );
  writeFileSync(path.join(supabaseDir, "config.toml"), rest + sections.join("\n"));
  symlinkSync(path.join(defaultSupabaseDir, "migrations"), path.join(supabaseDir, "migrations"));
  for (const name of ["functions", "catalogue", "protocol"])
    cpSync(path.join(projectDir, name), path.join(folder, name), { recursive: true });
  for (const name of ["deno.json", "package.json"]) cpSync(path.join(projectDir, name), path.join(folder, name));
  symlinkSync(path.join(projectDir, "node_modules"), path.join(folder, "node_modules"));
  return supabaseDir;
}
