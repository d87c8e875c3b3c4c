/** The operator's command `keys`, on the keys of the users of a running project. */
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createByok } from "../../../client/index.ts";
import { behave } from "../../harness/fakes.ts";
import { runCommand } from "../../harness/processes.ts";
import { findSecrets } from "../../harness/sentinels.ts";
import { newByokUser, stack, type User } from "../../harness/users.ts";

const operator = new Client({ connectionString: stack.dbUrl });
beforeAll(() => operator.connect());
afterAll(() => operator.end());

async function keys(...args: string[]): Promise<{ code: number | null; output: string }> {
  const env = { BYOK_OPERATOR_DB_URL: stack.dbUrl, SUPABASE_URL: stack.url, SUPABASE_SECRET_KEY: stack.secretKey };
  return await runCommand("keys", args, env).ended;
}

/** The keys of a user, as `keys list --json` has them. */
async function listed(user: User, ...args: string[]) {
  const { output } = await keys("list", "--json", "--limit", "10000", ...args);
  const found = JSON.parse(output) as { records_last_use: boolean; keys: Record<string, unknown>[] };
  return { ...found, keys: found.keys.filter(({ owner_id }) => owner_id === user.id) };
}

async function lastEvent(user: User) {
  return (await createByok(user.supabase).keyEvents({ limit: 1 })).data?.events[0];
}

test("keys list finds keys by status, provider, age and use, and shows the last four characters of each", async () => {
  const { user, apiKey } = await newByokUser("mistral");
  await operator.query("update byok.credentials set created_at = now() - interval '40 days' where owner_id = $1", [
    user.id,
  ]);
  const { keys: found, records_last_use } = await listed(
    user,
    "--provider",
    "mistral",
    "--older-than",
    "30",
    "--never-used",
  );
  expect(records_last_use).toBe(false);
  expect(found).toMatchObject([
    {
      owner: user.email,
      provider: "mistral",
      hint: apiKey.slice(-4),
      status: "verified",
      age_days: 40,
      last_used_on: null,
    },
  ]);
  expect((await listed(user, "--older-than", "50")).keys).toEqual([]);
  expect((await listed(user, "--status", "rejected")).keys).toEqual([]);
  expect((await listed(user, "--paused")).keys).toEqual([]);
  const { output } = await keys("list", "--provider", "mistral");
  expect(output).toMatch(
    new RegExp(`${user.email} +mistral +\\.\\.\\.${apiKey.slice(-4)} +verified +40 +not recorded`),
  );
});

test("keys pause, resume and remove change a key, as the operator in its history", async () => {
  const { user, apiKey } = await newByokUser("cohere");
  const hint = apiKey.slice(-4);
  expect(await keys("pause", user.email, "cohere")).toEqual({
    code: 0,
    output: `Paused the key ...${hint} of ${user.email} for cohere.\n`,
  });
  expect((await listed(user, "--paused")).keys).toHaveLength(1);
  expect(await lastEvent(user)).toMatchObject({ kind: "paused", actor: "operator", actor_id: null });
  expect((await keys("resume", user.id, "cohere")).code).toBe(0);
  const removed = await keys("remove", user.id, "cohere", "--json");
  expect(JSON.parse(removed.output)).toEqual({ owner_id: user.id, provider: "cohere", hint, change: "remove" });
  expect(await lastEvent(user)).toMatchObject({ kind: "removed", actor: "operator" });
  expect(await keys("remove", user.id, "cohere")).toEqual({
    code: 1,
    output: `${user.email} has no key for cohere.\n`,
  });
});

test("keys check asks the provider, and fails for a key that does not work", async () => {
  const { user, apiKey } = await newByokUser("groq");
  expect(await keys("check", user.id, "groq")).toEqual({ code: 0, output: "verified\n" });
  await behave(stack, "groq", apiKey, "rejected");
  const refused = await keys("check", user.id, "groq", "--json");
  expect([refused.code, JSON.parse(refused.output).verdict]).toEqual([1, "rejected"]);
  expect(await lastEvent(user)).toMatchObject({ kind: "verdict_changed", status: "rejected", actor: "operator" });
});

test("keys check says where the id of a user is, if it gets an address", async () => {
  const { code, output } = await keys("check", "ada@example.com", "groq");
  expect([code, output]).toEqual([
    2,
    expect.stringMatching(/takes the id of a user\.\n.*credits.* show <address>\.\n/),
  ]);
});

test("keys count says how many keys there are by provider and status", async () => {
  await newByokUser("xai");
  const { output } = await keys("count", "--json");
  const { counts } = JSON.parse(output) as { counts: { provider: string; status: string; keys: number }[] };
  expect(counts.find(({ provider, status }) => provider === "xai" && status === "verified")?.keys).toBeGreaterThan(0);
  expect((await keys("count")).output).toMatch(/xai +verified +\d+ +\d+\n[\s\S]*keys: \d+\n$/);
});

test("no key and no envelope comes of any of them", async () => {
  const { user, apiKey } = await newByokUser("openai");
  const { rows } = await operator.query("select envelope from byok.envelopes where owner_id = $1", [user.id]);
  const secrets = { apiKey, envelope: rows[0].envelope as string };
  const printed = await Promise.all([
    keys("list", "--limit", "10000"),
    keys("list", "--json", "--limit", "10000"),
    keys("count", "--json"),
    keys("check", user.id, "openai", "--json"),
    keys("pause", user.id, "openai"),
  ]);
  printed.push(await keys("remove", user.id, "openai", "--json"));
  expect(printed.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0, 0]);
  expect(findSecrets(printed.map(({ output }) => output).join("\n"), secrets)).toEqual([]);
});

test.each([
  ["a status that there is not", ["list", "--status", "good"], "--status takes one of verified,"],
  ["an age that is none", ["list", "--older-than", "x"], "--older-than takes a number"],
  ["a key without its provider", ["pause", "ada@example.com"], "keys pause takes <owner>"],
])("keys refuses %s", async (_, args, complaint) => {
  const { code, output } = await keys(...args);
  expect([code, output.includes(complaint)]).toEqual([2, true]);
});

test("keys refuses a user that it does not know", async () => {
  expect(await keys("remove", "nobody@example.com", "openai")).toEqual({
    code: 1,
    output: "There is no user nobody@example.com.\n",
  });
});
