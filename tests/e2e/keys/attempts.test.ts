/** save and verify are no place to try out stolen keys: so many checks for a user in a day. */
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ask } from "../../harness/calls.ts";
import { fakeKey, requestsWith } from "../../harness/fakes.ts";
import { functionsUrl, newByokUser, newUser, save, stack, type User, verify } from "../../harness/users.ts";

/** The seeded row of byok.limits. */
const limit = 50;

const postgres = new Client({ connectionString: stack.dbUrl });
beforeAll(() => postgres.connect());
afterAll(() => postgres.end());

/** As if the user had had so many keys checked today. */
async function setAttempts(user: User, attempts: number): Promise<void> {
  await postgres.query(
    `insert into byok.counters (user_id, name, period_began_at, times)
     values ($1, 'key_attempts', date_trunc('day', now(), 'utc'), $2)
     on conflict (user_id, name) do update set times = excluded.times`,
    [user.id, attempts],
  );
}

async function attemptsOf(user: User): Promise<number> {
  const { rows } = await postgres.query("select times from byok.counters where user_id = $1", [user.id]);
  return Number(rows[0]?.times ?? 0);
}

test("every check counts, of keys that work and of keys that do not, by save and by verify", async () => {
  const user = await newUser();
  await save(user, "openai", fakeKey("openai", "works"));
  await save(user, "openai", fakeKey("openai", "rejected"));
  await save(user, "groq", fakeKey("groq", "unavailable"));
  await verify(user, "openai");
  expect(await attemptsOf(user)).toBe(4);
});

test("what is refused without asking the provider does not count", async () => {
  const user = await newUser();
  await save(user, "openai", "");
  await save(user, "openai", "sk-admin-key");
  await verify(user, "openai");
  expect(await attemptsOf(user)).toBe(0);
});

test("past the limit save and verify ask the provider nothing and change nothing, until the day is over", async () => {
  const { user, apiKey } = await newByokUser("openai");
  const { data: before } = await user.supabase.from("credentials").select();
  await setAttempts(user, limit);
  const stolen = fakeKey("openai", "works");
  for (const answer of [await save(user, "openai", stolen), await verify(user, "openai")]) {
    expect([answer.status, answer.body.error.code]).toEqual([429, "too_many_attempts"]);
  }
  expect(await requestsWith(stack, "openai", stolen)).toEqual([]);
  expect(await requestsWith(stack, "openai", apiKey)).toEqual([]);
  expect((await user.supabase.from("credentials").select()).data).toEqual(before);
});

test("the refusal says in a header and in the body when to come back, and not whether the key works", async () => {
  const user = await newUser();
  await setAttempts(user, limit);
  const refusals = (["works", "rejected"] as const).map(async (behaviour) => {
    const response = await fetch(`${functionsUrl}/save`, {
      method: "POST",
      headers: { authorization: `Bearer ${user.accessToken}`, "content-type": "application/json" },
      body: JSON.stringify({ provider: "openai", api_key: fakeKey("openai", behaviour) }),
    });
    const { error } = (await response.json()) as any;
    expect(response.headers.get("retry-after")).toBe(String(error.retry_after_s));
    expect(response.headers.get("access-control-expose-headers")).toContain("retry-after");
    expect(error.retry_after_s).toSatisfy((wait) => wait >= 1 && wait <= 86_400);
    const { retry_after_s: _, ...rest } = error;
    return rest;
  });
  const [working, rejected] = await Promise.all(refusals);
  expect(working).toEqual(rejected);
});

test("checks at the same moment do not slip through together", async () => {
  const user = await newUser();
  await setAttempts(user, limit - 2);
  const keys = Array.from({ length: 6 }, () => fakeKey("openai", "rejected"));
  const answers = await Promise.all(keys.map((key) => save(user, "openai", key)));
  expect(answers.map(({ status }) => status).sort()).toEqual([422, 422, 429, 429, 429, 429]);
  const asked = await Promise.all(keys.map((key) => requestsWith(stack, "openai", key)));
  expect(asked.filter((requests) => requests.length > 0)).toHaveLength(2);
});

test("a user past the limit calls on, and other users save on", async () => {
  const { user } = await newByokUser("openai");
  await setAttempts(user, limit);
  expect((await ask(user, "openai")).headers.get("x-byok-funding")).toBe("byok");
  expect((await save(await newUser(), "openai", fakeKey("openai", "works"))).status).toBe(200);
});

test("no browser role sees or changes a count", async () => {
  const user = await newUser();
  await setAttempts(user, limit);
  for (const table of ["counters", "limits"] as const) {
    const { data, error } = await user.supabase.from(table).select();
    expect([data, error?.code]).toEqual([null, "42501"]);
  }
  expect((await user.supabase.from("counters").delete().eq("user_id", user.id)).error?.code).toBe("42501");
});
