/**
 * The sources as `functions deploy --use-api` uploads them boot on the Deno of hosted functions: those files alone, with packages
 * that Deno takes from npm beforehand, as the platform does, and no lock file.
 */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTokens } from "../../stack/api/tokens.ts";
import { projectDir } from "../../stack/config.ts";
import { denoProgram, hasDeno, hostedRelease } from "../../stack/functions/deno-program.ts";
import { newKeyring } from "../../stack/keyring.ts";
import { loadSecrets } from "../../stack/secrets.ts";
import { hostedVariables } from "../../stack/stack.ts";
import { type Program, run } from "../harness/processes.ts";
import { type ManagementApi, projectRef, startManagementApi } from "./management-api.ts";
import { clis, supabase } from "./supabase-cli.ts";

const slug = "byok";
const endpoints = ["call/openai/v1/models", "providers", "rotate", "save", "verify"];
const folder = realpathSync(mkdtempSync(path.join(tmpdir(), "byok-sources-")));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Nobody listens there, and nobody has to: who has no token is refused before the database would be asked. */
const nowhere = "http://127.0.0.1:9";
const nowhereDbUrl = "postgresql://byok_functions:password@127.0.0.1:9/postgres";
const ways: [name: string, env: Record<string, string>][] = [
  ["the Data API", {}],
  ["a connection of their own", { BYOK_DATABASE_URL: nowhereDbUrl }],
];

const isHostedDenoHere = hasDeno("hosted");
if (!isHostedDenoHere)
  console.warn(`not tested: uploaded sources on Deno ${hostedRelease}, which npm has not installed here`);

/** Uploads of the other version are the same, file by file: deploy.test.ts. */
const cli = clis[0]!;

describe.runIf(isHostedDenoHere)("what the Supabase CLI uploads", () => {
  let settings: ManagementApi["settings"];
  let variables: Record<string, string>;
  /** Why Deno could not reach npm; null when it has what it needs. */
  let unreachable: string | null;

  beforeAll(async () => {
    await layUploadedFiles();
    unreachable = await fillCache();
    if (unreachable) console.warn(`not tested: uploaded sources, since Deno does not reach npm: ${unreachable}`);
    const secrets = await loadSecrets(folder);
    variables = {
      ...hostedVariables(nowhere, nowhereDbUrl, secrets, await createTokens(secrets, nowhere)),
      BYOK_MASTER_KEYS: newKeyring(),
    };
  });

  describe.each(ways)("boots on Deno as hosted, with %s to the database:", (_, env) => {
    test.for(endpoints)("%s refuses a request of its own accord", async (endpoint, { skip }) => {
      if (unreachable) skip(`Deno does not reach npm: ${unreachable}`);
      const server = startFunction({ ...variables, ...env });
      try {
        const [, origin] = /Listening on (\S+)\/$/m.exec(await server.printed(/Listening on \S+\/$/m))!;
        const { status, headers } = await fetch(`${origin}/${slug}/${endpoint}`, { method: "POST", body: "{}" });
        // The list of providers is for anybody to GET.
        const refusal = endpoint === "providers" ? [405, "method_not_allowed"] : [401, "unauthenticated"];
        expect([status, headers.get("x-byok-error")]).toEqual(refusal);
      } finally {
        server.process.kill("SIGKILL");
        await server.ended;
      }
    });
  });

  /** The function gets a folder with the uploaded files, and nothing else. */
  async function layUploadedFiles(): Promise<void> {
    const api = await startManagementApi(folder);
    const toProject = ["--yes", cli.project(projectRef), "--profile", api.profile];
    await supabase(cli, folder, projectDir, "functions", "deploy", "--use-api", ...toProject);
    api.stop();
    settings = api.settings;
    for (const [name, content] of api.files.get(slug)!) {
      const file = path.join(folder, slug, name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, content);
    }
  }

  /** Lets Deno take the packages from npm's own registry, as npm is configured; returns why it could not reach it, or null. */
  async function fillCache(): Promise<string | null> {
    const registry = await run("npm", ["config", "get", "registry"]).ended;
    const certificates = process.env.NODE_EXTRA_CA_CERTS;
    const env = {
      NPM_CONFIG_REGISTRY: registry.output.trim(),
      DENO_TLS_CA_STORE: "mozilla,system",
      ...(certificates ? { DENO_CERT: certificates } : {}),
    };
    const { code, output } = await runDeno(["cache"], env).ended;
    const reason = /error sending request for url \(.*?\): (.*)/.exec(output)?.[1];
    if (reason) return reason.slice(0, 300);
    if (code !== 0) throw new Error(`Deno could not take from npm what the functions import:\n${output}`);
    return null;
  }

  function startFunction(env: Record<string, string>): Program {
    const permissions = ["--no-prompt", "--allow-env", "--allow-read", "--allow-net=127.0.0.1"];
    return runDeno(["serve", "--cached-only", ...permissions, "--host=127.0.0.1", "--port=0"], env);
  }

  /** Runs Deno on the function, in the folder of its uploaded files. */
  function runDeno([command = "", ...flags]: string[], env: Record<string, string>): Program {
    const { entrypoint_path, import_map_path } = settings.get(slug)!;
    const args = [command, ...flags, "--no-lock", "--no-check", `--config=${import_map_path}`, entrypoint_path];
    return run(denoProgram("hosted"), args, {
      cwd: path.join(folder, slug),
      env: { ...env, DENO_DIR: path.join(folder, "deno"), DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" },
    });
  }
});
