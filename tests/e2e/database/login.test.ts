/** The login of the functions' role, as `deploy` makes it. */
import { Client } from "pg";
import { expect, onTestFinished, test } from "vitest";
import { scramVerifier } from "../../../cli/lib/deploy/scram.ts";
import { stack } from "../../harness/worker-stack.ts";

test("scramVerifier() makes a hash that Postgres takes for the password, and for no other", async () => {
  const admin = new Client({ connectionString: stack.adminDbUrl });
  await admin.connect();
  onTestFinished(() => admin.end());
  await admin.query(`create role scram_login login password '${scramVerifier("a-long_random-One")}'`);
  onTestFinished(async () => void (await admin.query("drop role scram_login")));
  const urlWith = (password: string) =>
    Object.assign(new URL(stack.adminDbUrl), { username: "scram_login", password }).href;
  expect(await connects(urlWith("a-long_random-One"))).toBe(true);
  expect(await connects(urlWith("another"))).toBe(false);
});

async function connects(connectionString: string): Promise<boolean> {
  const client = new Client({ connectionString });
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end();
  }
}
