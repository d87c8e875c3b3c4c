/** The contract once more, bundled and on the Deno that runs the project's functions, by their way to the database. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, inject } from "vitest";
import { bundleModules } from "../../../cli/lib/bundle/modules.ts";
import { newKeyring } from "../../../stack/keyring.ts";
import type { Database } from "../../../functions/_shared/database/types.ts";
import { ByokError } from "../../../functions/_shared/errors.ts";
import { defaultSupabaseDir, readConfig } from "../../../stack/config.ts";
import { type Functions, startFunctions } from "../../../stack/functions/functions.ts";
import { stack } from "../../harness/users.ts";
import type { Errand, Outcome } from "./contract-function.ts";
import { describeDatabase } from "./database-contract.ts";

const { deno, database: way } = inject("runtime")!;
const printed: string[] = [];
let folder: string;
let functions: Functions;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "byok-contract-"));
  const entry = path.join(import.meta.dirname, "contract-function.ts");
  const input = { "contract/index": entry };
  await bundleModules({ input, outDir: path.join(folder, "functions"), chunks: "contract/[name].js" });
  functions = await startFunctions({
    config: {
      ...readConfig(defaultSupabaseDir),
      functions: { contract: { enabled: true, verify_jwt: false, entrypoint: "../functions/contract/index.js" } },
    },
    supabaseDir: path.join(folder, "supabase"),
    stateDir: folder,
    deno,
    env: {
      SUPABASE_URL: stack.url,
      SUPABASE_SECRET_KEYS: JSON.stringify({ default: stack.secretKey }),
      BYOK_MASTER_KEYS: newKeyring(),
      ...(way === "direct" ? { BYOK_DATABASE_URL: stack.functionsDbUrl } : {}),
    },
    allowHosts: [],
    log: (line) => printed.push(line),
  });
});
afterAll(async () => {
  await functions?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function send(errand: Errand): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${functions.port}/contract`, {
    method: "POST",
    body: JSON.stringify(errand),
  });
  if (!response.ok) throw new Error(`The function failed: ${response.status}. ${printed.join("\n")}`);
  const outcome = (await response.json()) as Outcome;
  if ("value" in outcome) return outcome.value;
  throw new ByokError(outcome.code, outcome);
}

describeDatabase(
  `on Deno, ${way}`,
  () =>
    new Proxy({} as Database, {
      get:
        (_, method: keyof Database) =>
        (...parameters: unknown[]) =>
          send({ method, parameters }),
    }),
);
