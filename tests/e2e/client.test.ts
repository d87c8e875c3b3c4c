/** The headless client on the running stack. */
import OpenAI from "openai";
import { describe, expect, test } from "vitest";
import { type Byok, createByok } from "../../client/index.ts";
import { providerIds } from "../../functions/_shared/providers/index.ts";
import { mainProviders } from "../harness/providers/main.ts";
import { ask, prices } from "../harness/calls.ts";
import { behave, fakeKey } from "../harness/fakes.ts";
import { expectBalance, grant, newUser, stack, type User, visitorOf } from "../harness/users.ts";

const byokOf = (user: User): Byok => createByok(user.supabase);

test("save(), list(), verify() and remove() keep one key for each provider", async () => {
  const byok = byokOf(await newUser());
  expect(await byok.list()).toEqual({ data: [], error: null });
  const apiKey = fakeKey("openai", "works");
  const saved = await byok.save({ provider: "openai", key: apiKey });
  const credential = {
    ...{
      id: expect.any(String),
      provider: "openai",
      prefix: expect.stringMatching(/^sk-/),
      hint: apiKey.slice(-4),
      status: "verified",
      is_paused: false,
      last_used_on: null,
    },
    reason: null,
    verified_at: expect.stringMatching(/^20/),
    created_at: expect.stringMatching(/^20/),
    updated_at: expect.stringMatching(/^20/),
  };
  expect(saved).toEqual({
    data: { verdict: "verified", reason: null, credential: expect.objectContaining(credential) },
    error: null,
  });
  expect(await byok.list()).toEqual({ data: [credential], error: null });
  expect(await byok.verify("openai")).toMatchObject({ data: { verdict: "verified" }, error: null });
  expect(await byok.remove("openai")).toEqual({ data: { removed: true }, error: null });
  expect(await byok.remove("openai")).toEqual({ data: { removed: false }, error: null });
  expect(await byok.list()).toEqual({ data: [], error: null });
});

describe("what the server refuses is an error with its code", () => {
  test("a key that the provider refuses, with the credential where a saved one was checked", async () => {
    const byok = byokOf(await newUser());
    const refused = await byok.save({ provider: "groq", key: fakeKey("groq", "rejected") });
    expect(refused).toEqual({
      data: null,
      error: { code: "api_key_rejected", message: "Groq refuses this API key.", verdict: "rejected" },
    });
    const apiKey = fakeKey("groq", "works");
    await byok.save({ provider: "groq", key: apiKey });
    await behave(stack, "groq", apiKey, "rejected");
    expect(await byok.verify("groq")).toMatchObject({
      data: null,
      error: { code: "api_key_rejected", credential: { provider: "groq", status: "rejected" } },
    });
  });

  test("a key that can be none names the field, and does not repeat it", async () => {
    const result = await byokOf(await newUser()).save({ provider: "openai", key: "two words" });
    expect(result).toMatchObject({ data: null, error: { code: "invalid_request", field: "api_key" } });
    expect(JSON.stringify(result)).not.toContain("two words");
  });

  test("a check without a saved key", async () => {
    const result = await byokOf(await newUser()).verify("openai");
    expect(result).toMatchObject({ data: null, error: { code: "credential_not_found" } });
  });
});

test("a visitor is told that there is no session, instead of being shown an account without keys", async () => {
  const byok = createByok(visitorOf(stack));
  const error = { code: "session_expired", message: "Your session has ended. Sign in again." };
  for (const result of [
    byok.list(),
    byok.save({ provider: "openai", key: fakeKey("openai", "works") }),
    byok.token(),
  ]) {
    expect(await result).toEqual({ data: null, error });
  }
});

test("balance() and operations() are what the database says", async () => {
  const user = await newUser();
  const byok = byokOf(user);
  expect(await byok.balance()).toEqual({ data: { available_credits: 0, held_credits: 0 }, error: null });
  await grant(user.id, 7);
  expect(await byok.balance()).toEqual({ data: { available_credits: 7, held_credits: 0 }, error: null });
  const { data: operations } = await byok.operations();
  expect(operations?.map(({ name, price_credits }) => [name, price_credits])).toEqual(Object.entries(prices));
});

describe("history()", () => {
  test("goes back page by page, without leaving out or repeating an entry while new ones come in", async () => {
    const user = await newUser();
    const byok = byokOf(user);
    for (const credits of [1, 2, 3, 4, 5]) await grant(user.id, credits);
    const seen: number[] = [];
    let before: number | undefined;
    do {
      const { data: page, error } = await byok.history({ limit: 2, before });
      if (error) throw new Error(error.code);
      seen.push(...page.entries.map(({ credits }) => credits));
      before = page.next ?? undefined;
      await grant(user.id, 100);
    } while (before);
    expect(seen).toEqual([5, 4, 3, 2, 1]);
  });

  test("ends where the entries do, even when they fill the page", async () => {
    const user = await newUser(5);
    await grant(user.id, 6);
    expect(await byokOf(user).history({ limit: 2 })).toMatchObject({ data: { next: null }, error: null });
  });

  test("shows only the kinds that are asked for", async () => {
    const user = await newUser(100);
    await (await ask(user, "openai", { operation: "doc_generation" })).text();
    await expectBalance(user, 90);
    const page = await byokOf(user).history({ kinds: ["charge", "refund"] });
    const [entry] = page.data?.entries ?? [];
    expect(page).toMatchObject({ data: { entries: [{ kind: "charge" }], next: null }, error: null });
    expect(entry).toEqual({
      ...{ id: expect.any(Number), kind: "charge", credits: 10, operation: "doc_generation", reason: null },
      ...{ provider: "openai", model: "gpt-4.1-mini" },
      created_at: expect.stringMatching(/^20/),
    });
  });
});

test("endpoint() leads each SDK to its provider", async () => {
  const byok = byokOf(await newUser());
  const call = `${stack.url}/functions/v1/byok/call`;
  const endpoints = await Promise.all(mainProviders.map((provider) => byok.endpoint(provider)));
  expect(endpoints.map(({ data }) => [data?.sdk, data?.aiSdk])).toEqual([
    [`${call}/openai/v1`, `${call}/openai/v1`],
    [`${call}/anthropic`, `${call}/anthropic/v1`],
    [`${call}/google`, `${call}/google/v1beta`],
    [`${call}/groq`, `${call}/groq/openai/v1`],
  ]);
});

test("providers() lists what the server offers, asked for once, and also before anybody signs in", async () => {
  const byok = byokOf(await newUser());
  const { data: providers } = await byok.providers();
  expect(providers?.map(({ id }) => id)).toEqual(providerIds);
  expect(await byok.providers()).toEqual({ data: providers, error: null });
  const { data: before } = await createByok(visitorOf(stack)).providers();
  expect(before).toEqual(providers);
});

test("endpoint() knows no provider that the server does not offer", async () => {
  const { error } = await byokOf(await newUser()).endpoint("nobody");
  expect(error?.code).toBe("unknown_provider");
});

test("endpoint() gives an SDK all it needs", async () => {
  const user = await newUser();
  const byok = byokOf(user);
  await byok.save({ provider: "openai", key: fakeKey("openai", "works") });
  const [endpoint, token] = await Promise.all([byok.endpoint("openai"), byok.token()]);
  if (endpoint.error || token.error) throw new Error("There is no endpoint or no token.");
  const openai = new OpenAI({ baseURL: endpoint.data.sdk, apiKey: token.data });
  const answer = await openai.chat.completions.create({
    model: "gpt-4.1-mini",
    messages: [{ role: "user", content: "hello" }],
  });
  expect(answer.choices[0]?.message.content).toBe("Echo: hello");
});
