/** Keys with a place: checked there, called there, and sealed with it. */
import { Pool } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createByok } from "../../../client/index.ts";
import { sealApiKey, type SealingKey } from "../../../protocol/sealed-key.ts";
import { providers } from "../../../functions/_shared/providers/index.ts";
import { ask, callUrl, refusalOf } from "../../harness/calls.ts";
import { expectOnlyTheKey, fakeKey, requestsWith, script } from "../../harness/fakes.ts";
import { openAiClient } from "../sdks/official.ts";
import { functionsUrl, newByokUser, newUser, save, stack, type User, verify } from "../../harness/users.ts";

let postgres: Pool;
beforeAll(() => {
  postgres = new Pool({ connectionString: stack.adminDbUrl });
});
afterAll(() => postgres.end());

const elsewhere = {
  message:
    "Attempted to access resource with incorrect regional hostname. Please make your request to eu.api.openai.com",
  ...{ type: "invalid_request_error", param: null, code: "incorrect_hostname" },
};

/** A key of a project whose data stays in Europe: refused at the address that has no region. */
async function europeanKey(): Promise<string> {
  const apiKey = fakeKey("openai", "works");
  const refusal = { status: 401, body: { error: elsewhere } };
  await script(stack, "openai", apiKey, { listing: refusal, generation: [refusal] });
  return apiKey;
}

/** How often each of OpenAI's fakes was asked with a key: without a region, and in Europe. */
async function asked(apiKey: string): Promise<[number, number]> {
  const [without, within] = [
    await requestsWith(stack, "openai", apiKey),
    await requestsWith(stack, "openai/eu", apiKey),
  ];
  return [without.length, within.length];
}

async function envelopeOf({ id }: User): Promise<string> {
  const { rows } = await postgres.query("select envelope from byok.envelopes where owner_id = $1", [id]);
  return rows[0].envelope;
}

test("a key of another region says so, and works once it is saved with its place", async () => {
  const [user, apiKey] = [await newUser(), await europeanKey()];
  const found = { status: 200, body: { verdict: "restricted", reason: "other_region" } };
  expect(await save(user, "openai", apiKey)).toMatchObject(found);
  const [before] = await asked(apiKey);
  expect(await save(user, "openai", apiKey, "eu")).toMatchObject({ status: 200, body: { verdict: "verified" } });
  expect(await verify(user, "openai")).toMatchObject({ status: 200, body: { verdict: "verified" } });
  const answer = await ask(user, "openai", { text: "from Europe" });
  expect([answer.status, (await answer.json()).choices[0].message.content]).toEqual([200, "Echo: from Europe"]);
  expect(await asked(apiKey)).toEqual([before, 2 + 2 + 1]);
});

test("the client seals a key with its place", async () => {
  const [user, apiKey] = [await newUser(), await europeanKey()];
  const saved = await createByok(user.supabase).save({ provider: "openai", key: apiKey, place: "EU " });
  expect(saved).toMatchObject({ data: { verdict: "verified" }, error: null });
  expect(await asked(apiKey)).toEqual([0, 2]);
});

test("a request whose place was changed on its way opens nothing, and asks nobody", async () => {
  const [user, apiKey] = [await newUser(), await europeanKey()];
  const sealingKey = (await (await fetch(`${functionsUrl}/save`)).json()) as SealingKey;
  const purpose = { userId: user.id, provider: "openai", place: "eu" };
  const sealed_api_key = await sealApiKey(sealingKey, purpose, apiKey);
  for (const place of [{ place: "us" }, {}]) {
    const answer = await fetch(`${functionsUrl}/save`, {
      method: "POST",
      headers: { authorization: `Bearer ${user.accessToken}`, "content-type": "application/json" },
      body: JSON.stringify({ provider: "openai", ...place, sealed_api_key }),
    });
    expect(await answer.json()).toMatchObject({ error: { code: "sealed_key_refused" } });
  }
  expect(await asked(apiKey)).toEqual([0, 0]);
});

describe("a place that is none", () => {
  test.each([
    ["openai", "mars"],
    ["openai", "eu.evil.test/"],
    ["openai", "x@evil.test"],
    ["groq", "eu"],
  ] as const)("of %s, %s, is refused before anybody is asked", async (provider, place) => {
    const [user, apiKey] = [await newUser(), fakeKey(provider, "works")];
    const refused = { status: 400, body: { error: { code: "invalid_request", field: "place" } } };
    expect(await save(user, provider, apiKey, place)).toMatchObject(refused);
    expect(await requestsWith(stack, provider, apiKey)).toEqual([]);
  });
});

test("the database cannot send a key elsewhere: the place stands in the envelope alone", async () => {
  const [user, apiKey] = [await newUser(), await europeanKey()];
  await save(user, "openai", apiKey);
  const without = await envelopeOf(user);
  await save(user, "openai", apiKey, "eu");
  const within = await envelopeOf(user);
  expect([without.length, within.length]).toEqual([476, 1_500]);
  const { rows } = await postgres.query("select to_jsonb(c) as row from byok.credentials as c where owner_id = $1", [
    user.id,
  ]);
  expect(Object.values(rows[0].row)).not.toContain("eu");

  const before = await asked(apiKey);
  await postgres.query("update byok.envelopes set envelope = $2 where owner_id = $1", [user.id, without]);
  const refused = await ask(user, "openai");
  expect([refused.status, refusalOf(refused)]).toEqual([500, "envelope_unreadable"]);
  expect(await asked(apiKey)).toEqual(before);
});

test.each([
  ["azure", "gpt-5.4-nano"],
  ["bedrock", "openai.gpt-oss-20b-1:0"],
] as const)("OpenAI's SDK reaches %s at the place of the key", async (provider, model) => {
  const owner = await newByokUser(provider);
  const client = openAiClient({ url: callUrl(owner.user, `${provider}/openai`), apiKey: owner.user.accessToken });
  const messages = [{ role: "user" as const, content: "hello" }];
  const whole = await client.chat.completions.create({ model, messages });
  expect(whole.choices[0]?.message.content).toBe("Echo: hello");
  const { header } = providers[provider].api.authentication;
  expect(await expectOnlyTheKey(provider, owner, header)).toHaveLength(1);
});
