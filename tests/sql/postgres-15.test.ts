/** Projects on Postgres 15 are still in use: the same migrations apply there, and the same pgTAP files pass. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Stack, startStack } from "../../stack/stack.ts";
import { testWithPgTap } from "./helpers/pgtap.ts";

const stateDir = mkdtempSync(path.join(tmpdir(), "byok-postgres-15-"));
let stack: Stack;

beforeAll(async () => {
  stack = await startStack({ stateDir, postgres: 15, providers: "none", log: () => undefined });
});

afterAll(async () => {
  await stack?.stop();
  rmSync(stateDir, { recursive: true, force: true });
});

async function ask(text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: stack.dbUrl });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

test("the migrations are applied on Postgres 15, by a role that is no superuser", async () => {
  const rows = await ask(
    "select current_setting('server_version_num')::integer / 10000 as release, rolsuper from pg_roles where rolname = current_user",
  );
  expect(rows).toEqual([{ release: 15, rolsuper: false }]);
});

test("who is no superuser may not have a function set the claims and put them back", async () => {
  // Why act_for and stop_acting do it by hand; see sql/10_schema.sql.
  const making = ask(
    `create function public.acting() returns void language sql set "request.jwt.claims" = '' as 'select'`,
  );
  await expect(making).rejects.toThrow('permission denied to set parameter "request.jwt.claims"');
});

testWithPgTap(() => stack);
