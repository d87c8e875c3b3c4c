/** Calls on the platform's own keys: what credits buy, and when they are charged. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { providerIds } from "../../functions/_shared/providers/index.ts";
import { ask, call, generation, platformModels, type Question, refusalOf, textOfStream } from "./calls.ts";
import {
  type Behaviour,
  behave,
  expectOnlyTheKey,
  forgetRequests,
  type ProviderId,
  requestsOnceLeft,
  requestsWith,
} from "./doubles.ts";
import { type OwnStack, startOwnStack } from "./own-stack.ts";
import { readToEnd, readUntil } from "./streams.ts";
import { balance, expectBalance, ledger, newUser, type User } from "./users.ts";

let stack: OwnStack;
beforeAll(async () => {
  stack = await startOwnStack();
});
afterAll(() => stack.stop());

const operation = "doc_generation";
const newPayer = (credits = 100) => newUser(credits, stack);
const platformRequests = (provider: ProviderId) => requestsWith(stack, provider, stack.platformKeys[provider]);
const allPlatformRequests = async () => (await Promise.all(providerIds.map(platformRequests))).flat();

/** A user for all requests that are refused before anything is written: none of them changes what another one sees. */
let unchargedPayer: Promise<User> | undefined;
const payer = () => (unchargedPayer ??= newPayer());
/** A user for requests whose holds are given back at once. */
let refundedPayer: Promise<User> | undefined;
const refusedPayer = () => (refundedPayer ??= newPayer());

/** Makes a provider treat the platform's own key in some way, until the end of the test. */
async function letPlatformKey(provider: ProviderId, behaviour: Behaviour): Promise<void> {
  await behave(stack, provider, stack.platformKeys[provider], behaviour);
}

afterEach(async () => {
  for (const provider of providerIds) {
    await letPlatformKey(provider, "platform");
    await forgetRequests(stack, provider, stack.platformKeys[provider]);
  }
});

async function lastBody(provider: ProviderId): Promise<any> {
  return JSON.parse((await platformRequests(provider)).at(-1)!.bodyText);
}

async function expectCharged(user: User, credits: number): Promise<void> {
  await expectBalance(user, 100 - credits);
  expect((await ledger(user)).at(-1)).toBe(`settle ${credits}`);
}

async function expectGivenBack(user: User, credits = 10): Promise<void> {
  await expectBalance(user, 100);
  expect((await ledger(user)).slice(1)).toEqual([`hold ${credits}`, `void ${credits}`]);
}

describe.each(providerIds)("%s", (provider) => {
  test(`a call on credits reaches ${provider} with the platform's key and nothing of the caller`, async () => {
    const user = await newPayer();
    expect(
      (await ask(user, provider, { operation, headers: { "anthropic-beta": "x", "openai-project": "mine" } })).status,
    ).toBe(200);
    const [request] = await expectOnlyTheKey(provider, { user, apiKey: stack.platformKeys[provider] });
    expect(request?.headers).not.toHaveProperty("anthropic-beta");
    expect(request?.headers).not.toHaveProperty("openai-project");
  });

  test(`a streamed call on credits to ${provider} is charged once it has ended`, async () => {
    const user = await newPayer();
    const response = await ask(user, provider, { operation, stream: true });
    expect(response.headers.get("x-byok-credits")).toBe("10");
    expect(textOfStream(provider, await response.text())).toBe("Echo: hello");
    await expectCharged(user, 10);
  });

  test(`a model of ${provider} that credits do not buy is refused by name, and the hold is given back`, async () => {
    const user = await newPayer();
    const response = await ask(user, provider, { operation, model: "some-other-model" });
    expect(response.status).toBe(403);
    expect(refusalOf(response)).toBe("not_offered");
    expect(JSON.stringify(await response.json())).toContain('"field":"model"');
    await expectGivenBack(user);
    expect(await platformRequests(provider)).toEqual([]);
  });

  test(`a field that credits do not buy is refused by name for ${provider}`, async () => {
    const user = await newPayer();
    const response = await ask(user, provider, { operation, more: { service_tier: "priority" } });
    expect(response.status).toBe(403);
    expect(JSON.stringify(await response.json())).toContain('"field":"service_tier"');
    await expectGivenBack(user);
    expect(await platformRequests(provider)).toEqual([]);
  });

  test(`a body that is no JSON is refused for ${provider}, and the hold is given back`, async () => {
    const user = await newPayer();
    const { path } = generation(provider);
    const headers = { "x-byok-operation": operation };
    const response = await call(user, path, { method: "POST", headers, body: "{" });
    expect(response.status).toBe(400);
    expect(refusalOf(response)).toBe("invalid_request");
    await expectGivenBack(user);
  });

  test(`without an operation credits do not pay ${provider}`, async () => {
    const user = await newPayer();
    const response = await ask(user, provider);
    expect(response.status).toBe(400);
    expect(refusalOf(response)).toBe("operation_required");
    expect(await ledger(user)).toEqual(["grant 100"]);
  });
});

test.each([
  { behaviour: "rate_limited", status: 429, code: null },
  { behaviour: "unavailable", status: 503, code: null },
  { behaviour: "rejected", status: 502, code: "provider_misbehaved" },
  { behaviour: "forbidden", status: 502, code: "provider_misbehaved" },
  { behaviour: "no_credit", status: 502, code: "provider_misbehaved" },
  { behaviour: "redirects", status: 502, code: "provider_misbehaved" },
  { behaviour: "resets", status: 502, code: "provider_unreachable" },
] as const)(
  "nothing is charged when a provider answers the platform's key with $behaviour",
  async ({ behaviour, status, code }) => {
    const user = await newPayer();
    for (const provider of providerIds) {
      await letPlatformKey(provider, behaviour);
      const response = await ask(user, provider, { operation });
      expect([provider, response.status, refusalOf(response)]).toEqual([provider, status, code]);
      expect((await response.text()).includes(stack.platformKeys[provider])).toBe(false);
    }
    await expectBalance(user, 100);
    expect((await ledger(user)).filter((entry) => entry === "void 10")).toHaveLength(providerIds.length);
  },
);

const caps: { provider: ProviderId; field: string; within?: string }[] = [
  { provider: "openai", field: "max_completion_tokens" },
  { provider: "openai", field: "max_tokens" },
  { provider: "anthropic", field: "max_tokens" },
  { provider: "google", field: "maxOutputTokens", within: "generationConfig" },
  { provider: "groq", field: "max_completion_tokens" },
];

describe.each(caps)("$provider $field", ({ provider, field, within }) => {
  const limited = (limit: unknown): Question["more"] =>
    within ? { [within]: { [field]: limit } } : { [field]: limit };
  const limitIn = (body: any) => (within ? body[within] : body)[field];

  test(`the output of ${provider} is capped by the operation, whatever ${field} asks for`, async () => {
    const user = await newPayer();
    for (const greedy of [1_000_000, "1000000"]) {
      expect((await ask(user, provider, { operation, more: limited(greedy) ?? {} })).status).toBe(200);
      expect(limitIn(await lastBody(provider))).toBe(8192);
    }
  });

  test(`a smaller ${field} of the client's for ${provider} is kept`, async () => {
    const user = await newPayer();
    expect((await ask(user, provider, { operation, more: limited(7) ?? {} })).status).toBe(200);
    expect(limitIn(await lastBody(provider))).toBe(7);
  });
});

test.each(["openai", "google", "groq"] as const)(
  "the output of %s is capped when no limit is asked for",
  async (provider) => {
    const user = await newPayer();
    await ask(user, provider, { operation });
    expect(JSON.stringify(await lastBody(provider))).toContain("8192");
  },
);

test("nothing on credits is stored with OpenAI, even when the client asks for it", async () => {
  const user = await newPayer();
  await ask(user, "openai", { operation, more: { store: true } });
  expect(await lastBody("openai")).toMatchObject({ store: false });
  const body = JSON.stringify({ model: platformModels.openai, input: "hello", store: true });
  const headers = { "content-type": "application/json", "x-byok-operation": operation };
  await call(user, "openai/v1/responses", { method: "POST", headers, body });
  expect(await lastBody("openai")).toMatchObject({ store: false, max_output_tokens: 8192 });
});

test.each([
  { path: "openai/v1/files" },
  { path: "openai/v1/models" },
  { path: "openai/v1/responses/resp_1" },
  { path: "openai/v1/fine_tuning/jobs", method: "POST" },
  { path: "openai/v1/audio/speech", method: "POST" },
  { path: "openai/v1/chat/completions", method: "DELETE" },
  { path: "anthropic/v1/files" },
  { path: "anthropic/v1/messages/batches", method: "POST" },
  { path: "google/v1beta/cachedContents", method: "POST" },
  { path: "google/v1beta/models/gemini-2.5-flash:batchGenerateContent", method: "POST" },
  { path: "google/v1beta/tunedModels/x:generateContent", method: "POST" },
  { path: "groq/openai/v1/batches", method: "POST" },
])("credits do not buy $path, and place no hold for it", async ({ path, method = "GET" }) => {
  const user = await payer();
  const body = method === "POST" ? { body: "{}" } : {};
  const response = await call(user, path, { method, headers: { "x-byok-operation": operation }, ...body });
  expect([response.status, refusalOf(response)]).toEqual([403, "not_offered"]);
  expect(await ledger(user)).toEqual(["grant 100"]);
  expect(await allPlatformRequests()).toEqual([]);
});

test.each([
  ["openai", { messages: [{ role: "user", content: [{ type: "file", file: { file_id: "file-1" } }] }] }],
  ["openai", { tools: [{ type: "web_search" }] }],
  [
    "anthropic",
    { messages: [{ role: "user", content: [{ type: "document", source: { type: "file", file_id: "file_1" } }] }] },
  ],
  ["anthropic", { tools: [{ type: "web_search_20250305", name: "web_search" }] }],
  ["google", { contents: [{ parts: [{ fileData: { fileUri: "files/1" } }] }] }],
  ["google", { contents: [{ parts: [{ file_data: { file_uri: "files/1" } }] }] }],
  ["google", { tools: [{ googleSearch: {} }] }],
  ["google", { cachedContent: "cachedContents/1" }],
  ["google", { generation_config: { max_output_tokens: 1_000_000 } }],
] as const)("credits do not buy from %s what costs extra or is stored there: %o", async (provider, more) => {
  const response = await ask(await refusedPayer(), provider, { operation, more });
  expect([response.status, refusalOf(response)]).toEqual([403, "not_offered"]);
  expect(await allPlatformRequests()).toEqual([]);
});

test("an operation that does not exist is refused by the name of the header", async () => {
  const user = await newPayer();
  const response = await ask(user, "openai", { operation: "mining" });
  expect(response.status).toBe(400);
  expect(refusalOf(response)).toBe("invalid_request");
  expect(JSON.stringify(await response.json())).toContain("x-byok-operation");
});

test("a body larger than the operation allows is refused, and the hold is given back", async () => {
  const user = await newPayer();
  const response = await ask(user, "openai", { operation: "single_doc_regen", text: "x".repeat(262_144) });
  expect(response.status).toBe(413);
  expect(refusalOf(response)).toBe("body_too_large");
  await expectGivenBack(user, 2);
});

test("of a query on credits only the form of the answer reaches Google", async () => {
  const user = await newPayer();
  const { path, body } = generation("google", { stream: true });
  const headers = { "content-type": "application/json", "x-byok-operation": operation };
  const response = await call(user, `${path}&quotaUser=someone`, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(200);
  expect((await platformRequests("google")).map(({ query }) => query)).toEqual(["alt=sse"]);
});

test("the platform's key is taken out of an error that repeats it", async () => {
  await letPlatformKey("openai", "echoes");
  const user = await newPayer();
  const response = await ask(user, "openai", { operation });
  const answer = await response.text();
  expect(response.status).toBe(400);
  expect(answer).toContain("[redacted]");
  expect(answer.includes(stack.platformKeys.openai)).toBe(false);
  await expectGivenBack(user);
});

test.each([
  { answer: "a JSON answer", stream: false },
  { answer: "a stream", stream: true },
])("nothing is charged for $answer that the provider cuts off", async ({ stream }) => {
  await letPlatformKey("openai", "cut");
  const user = await newPayer();
  expect(await readToEnd(await ask(user, "openai", { operation, stream }))).toMatchObject({ isWhole: false });
  await expectGivenBack(user);
});

test("a client that leaves in the middle of an answer is charged, and the provider learns that it has left", async () => {
  await letPlatformKey("openai", "drips");
  const user = await newPayer();
  const leaving = new AbortController();
  const response = await ask(user, "openai", { operation, stream: true, signal: leaving.signal });
  await readUntil(response.body!.getReader(), "data: ");
  expect(await balance(user)).toEqual({ available: 90, held: 10 });
  leaving.abort();
  expect(await requestsOnceLeft(stack, "openai", stack.platformKeys.openai)).toHaveLength(1);
  await expectCharged(user, 10);
});

test("a client that leaves before anything has come is not charged", async () => {
  await letPlatformKey("anthropic", "hangs");
  const user = await newPayer();
  const leaving = new AbortController();
  const asked = ask(user, "anthropic", { operation, signal: leaving.signal });
  await expect.poll(() => platformRequests("anthropic")).toHaveLength(1);
  leaving.abort();
  await expect(asked).rejects.toThrow("abort");
  expect(await requestsOnceLeft(stack, "anthropic", stack.platformKeys.anthropic)).toHaveLength(1);
  await expectGivenBack(user);
});

test("an idempotency key is refused while its call is under way, and after it was charged", async () => {
  await letPlatformKey("groq", "drips");
  const user = await newPayer();
  const question = { operation, stream: true, headers: { "idempotency-key": crypto.randomUUID() } };
  const leaving = new AbortController();
  const first = await ask(user, "groq", { ...question, signal: leaving.signal });
  await readUntil(first.body!.getReader(), "data: ");

  const second = await ask(user, "groq", question);
  expect([second.status, refusalOf(second)]).toEqual([409, "request_in_progress"]);
  leaving.abort();
  await expectCharged(user, 10);
  const third = await ask(user, "groq", question);
  expect([third.status, refusalOf(third)]).toEqual([409, "request_completed"]);
  expect(third.headers.get("x-should-retry")).toBe("false");
  expect(await balance(user)).toEqual({ available: 90, held: 0 });
});

test("an idempotency key may be used again after its call was given back", async () => {
  await letPlatformKey("openai", "unavailable");
  const user = await newPayer();
  const question = { operation, headers: { "idempotency-key": crypto.randomUUID() } };
  expect((await ask(user, "openai", question)).status).toBe(503);
  await expectGivenBack(user);
  await letPlatformKey("openai", "platform");
  expect((await ask(user, "openai", question)).status).toBe(200);
  await expectCharged(user, 10);
});

test("two users may use the same idempotency key", async () => {
  const question = { operation, headers: { "idempotency-key": crypto.randomUUID() } };
  for (const user of [await newPayer(), await newPayer()]) {
    expect((await ask(user, "openai", question)).status).toBe(200);
    await expectCharged(user, 10);
  }
});
