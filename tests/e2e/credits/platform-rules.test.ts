/** Calls on credits: the platform's own key sends what is named here, and nothing else. */
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { mainProviders } from "../../harness/providers/main.ts";
import { ask, call, generation, platformModels, type Question, refusalOf } from "../../harness/calls.ts";
import {
  allPlatformRequests,
  expectOnlyTheKey,
  platformRequests,
  type ProviderId,
  resetPlatformKeys,
} from "../../harness/fakes.ts";
import { expectBalance, ledger, newUser, stack, type User } from "../../harness/users.ts";

beforeAll(() => resetPlatformKeys(stack));

const operation = "doc_generation";
const newPayer = (credits = 100) => newUser(credits);

/** A user for all requests that are refused before anything is written: none changes what another one sees. */
let uncharged: Promise<User> | undefined;
const unchargedPayer = () => (uncharged ??= newPayer());
/** A user for requests that cost nothing. */
let refunded: Promise<User> | undefined;
const refundedPayer = () => (refunded ??= newPayer());

afterEach(() => resetPlatformKeys(stack));

async function lastBody(provider: ProviderId): Promise<any> {
  return JSON.parse((await platformRequests(stack, provider)).at(-1)!.bodyText);
}

async function expectNothingCharged(user: User): Promise<void> {
  await expectBalance(user, 100);
  expect((await ledger(user)).slice(1)).toEqual([]);
}

describe.each(mainProviders)("%s", (provider) => {
  test(`a call on credits reaches ${provider} with the platform's key and nothing of the caller`, async () => {
    const user = await newPayer();
    expect(
      (await ask(user, provider, { operation, headers: { "anthropic-beta": "x", "openai-project": "mine" } })).status,
    ).toBe(200);
    const [request] = await expectOnlyTheKey(provider, { user, apiKey: stack.platformKeys[provider] });
    expect(request?.headers).not.toHaveProperty("anthropic-beta");
    expect(request?.headers).not.toHaveProperty("openai-project");
  });

  test(`a model of ${provider} that credits do not buy is refused by name, and costs nothing`, async () => {
    const user = await newPayer();
    const response = await ask(user, provider, { operation, model: "some-other-model" });
    expect(response.status).toBe(403);
    expect(refusalOf(response)).toBe("not_offered");
    expect(JSON.stringify(await response.json())).toContain('"field":"model"');
    await expectNothingCharged(user);
    expect(await platformRequests(stack, provider)).toEqual([]);
  });

  test(`a field that credits do not buy is refused by name for ${provider}`, async () => {
    const user = await newPayer();
    const response = await ask(user, provider, { operation, more: { service_tier: "priority" } });
    expect(response.status).toBe(403);
    expect(JSON.stringify(await response.json())).toContain('"field":"service_tier"');
    await expectNothingCharged(user);
    expect(await platformRequests(stack, provider)).toEqual([]);
  });

  test(`a body that is no JSON is refused for ${provider}, and costs nothing`, async () => {
    const user = await newPayer();
    const { path } = generation(provider);
    const headers = { "x-byok-operation": operation };
    const response = await call(user, path, { method: "POST", headers, body: "{" });
    expect(response.status).toBe(400);
    expect(refusalOf(response)).toBe("invalid_request");
    await expectNothingCharged(user);
  });

  test(`without an operation credits do not pay ${provider}`, async () => {
    const user = await newPayer();
    const response = await ask(user, provider);
    expect(response.status).toBe(400);
    expect(refusalOf(response)).toBe("operation_required");
    expect(await ledger(user)).toEqual(["grant 100"]);
  });
});

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
  { type: "additional_tools", role: "developer", tools: [{ type: "web_search" }] },
  { type: "tool_search_output", execution: "client", tools: [{ type: "mcp", server_url: "https://evil.test" }] },
  { type: "code_interpreter_call", id: "ci_1", container_id: "cntr_1" },
  { type: "reasoning", id: "rs_1", summary: [] },
  { type: "item_reference", id: "msg_1" },
])("credits do not buy from OpenAI the input item %o", async (item) => {
  const user = await refundedPayer();
  const body = JSON.stringify({ model: platformModels.openai, input: [{ role: "user", content: "hello" }, item] });
  const headers = { "content-type": "application/json", "x-byok-operation": operation };
  const response = await call(user, "openai/v1/responses", { method: "POST", headers, body });
  expect([response.status, refusalOf(response)]).toEqual([403, "not_offered"]);
  expect(await allPlatformRequests(stack)).toEqual([]);
});

test.each([
  ["openai", "safety_identifier", { user: "me", safety_identifier: "me" }],
  ["groq", "user", { user: "me" }],
  ["anthropic", "metadata", { metadata: { user_id: "me" } }],
] as const)("%s gets a hash of the user's id as %s, the same for each call", async (provider, field, more) => {
  const user = await newPayer();
  const names = [];
  for (const claim of [{}, more]) {
    expect((await ask(user, provider, { operation, more: claim })).status).toBe(200);
    names.push((await lastBody(provider))[field]);
  }
  const [first, second] = names.map((name) => name.user_id ?? name);
  expect(first).toMatch(/^[0-9a-f]{64}$/);
  expect(second).toBe(first);
  const another = await newPayer();
  await ask(another, provider, { operation });
  expect((await lastBody(provider))[field]).not.toEqual(names[0]);
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
  const user = await unchargedPayer();
  const body = method === "POST" ? { body: "{}" } : {};
  const response = await call(user, path, { method, headers: { "x-byok-operation": operation }, ...body });
  expect([response.status, refusalOf(response)]).toEqual([403, "not_offered"]);
  expect(await ledger(user)).toEqual(["grant 100"]);
  expect(await allPlatformRequests(stack)).toEqual([]);
});

test.each([
  ["openai", { messages: [{ role: "user", content: [{ type: "file", file: { file_id: "file-1" } }] }] }],
  ["openai", { tools: [{ type: "web_search" }] }],
  ["openai", { messages: [{ role: "assistant", audio: { id: "audio_1" } }] }],
  [
    "anthropic",
    { messages: [{ role: "user", content: [{ type: "document", source: { type: "file", file_id: "file_1" } }] }] },
  ],
  ["anthropic", { tools: [{ type: "web_search_20250305", name: "web_search" }] }],
  ["google", { contents: [{ parts: [{ fileData: { fileUri: "files/1" } }] }] }],
  ["google", { contents: [{ parts: [{ file_data: { file_uri: "files/1" } }] }] }],
  ["google", { tools: [{ googleSearch: {} }] }],
  ["google", { cachedContent: "cachedContents/1" }],
  ["google", { generation_config: { candidate_count: 8 } }],
] as const)("credits do not buy from %s what costs extra or is stored there: %o", async (provider, more) => {
  const response = await ask(await refundedPayer(), provider, { operation, more });
  expect([response.status, refusalOf(response)]).toEqual([403, "not_offered"]);
  expect(await allPlatformRequests(stack)).toEqual([]);
});

test("an operation that does not exist is refused by the name of the header", async () => {
  const user = await newPayer();
  const response = await ask(user, "openai", { operation: "mining" });
  expect(response.status).toBe(400);
  expect(refusalOf(response)).toBe("invalid_request");
  expect(JSON.stringify(await response.json())).toContain("x-byok-operation");
});

test("a body larger than the operation allows is refused, and costs nothing", async () => {
  const user = await newPayer();
  const response = await ask(user, "openai", { operation: "single_doc_regen", text: "x".repeat(262_144) });
  expect(response.status).toBe(413);
  expect(refusalOf(response)).toBe("body_too_large");
  await expectNothingCharged(user);
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
  expect((await platformRequests(stack, "google")).map(({ query }) => query)).toEqual(["alt=sse"]);
});
