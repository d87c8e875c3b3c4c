/** A stack for the operator's commands about credits: one for each file that imports it, since they count what is in the whole ledger. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll } from "vitest";
import { type Stack, startStack } from "../../stack/stack.ts";
import { runCommand } from "../harness/processes.ts";

export const stateDir = mkdtempSync(path.join(tmpdir(), "byok-credits-"));
export let stack: Stack;
/** The superuser, who alone can do to a ledger what reconcile must find. */
export let admin: Client;

beforeAll(async () => {
  stack = await startStack({ stateDir, providers: "none", log: () => undefined });
  admin = new Client({ connectionString: stack.adminDbUrl });
  await admin.connect();
});

afterAll(async () => {
  await admin?.end();
  await stack?.stop();
  rmSync(stateDir, { recursive: true, force: true });
});

/** The operator's command, as the operator runs it. */
export function credits(...args: string[]) {
  return creditsWith({}, ...args);
}

/** @param env more variables, or others */
export function creditsWith(env: Record<string, string>, ...args: string[]) {
  return runCommand("credits", args, { BYOK_OPERATOR_DB_URL: stack.dbUrl, ...env }).ended;
}
