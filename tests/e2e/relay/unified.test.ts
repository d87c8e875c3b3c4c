/** The address of all providers: what reaches a provider, and what is refused before one is asked. The SDKs are in `sdks/`. */
import { expect, test } from "vitest";
import type { ModelList } from "../../../functions/_shared/relay/models.ts";
import { call, refusalOf } from "../../harness/calls.ts";
import { behave, fakeKey, requestsWith } from "../../harness/fakes.ts";
import { newByokUser, newUser, save, stack, type User } from "../../harness/users.ts";

const model = "openai/gpt-5.4-nano";
const chat = "v1/chat/completions";

function post(
  user: Pick<User, "accessToken" | "stack">,
  path: string,
  body: BodyInit,
  headers: Record<string, string> = {},
) {
  const init: RequestInit & { duplex: "half" } = { method: "POST", body, duplex: "half" };
  return call(user, path, { ...init, headers: { "content-type": "application/json", ...headers } });
}

test("every byte but the prefix reaches the provider as it came, from a body of unknown length too", async () => {
  const owner = await newByokUser("openai");
  const before = `{ "messages" : [{"role":"user","content":"${"é/\\/\\u00e9 ".repeat(4_000)}"}] ,\n"model":`;
  const after = `,"stream":false , "user":"a\\/b"}`;
  const body = `${before}"openai\\/gpt-5.4-nano"${after}`;
  expect((await post(owner.user, chat, body)).status).toBe(200);
  const streamed = new Blob([body]).stream().pipeThrough(new TransformStream());
  expect((await post(owner.user, chat, streamed)).status).toBe(200);
  const asked = await requestsWith(stack, "openai", owner.apiKey);
  const texts = asked.map(({ bodyText }) => bodyText === `${before}"gpt-5.4-nano"${after}`);
  expect(texts).toEqual([true, true]);
});

test.each<[string, string, string, number, string]>([
  ["no prefix", chat, '{"model":"gpt-5.4-nano"}', 400, "model_prefix_missing"],
  ["no model", chat, '{"messages":[]}', 400, "model_prefix_missing"],
  ["no JSON", chat, "model=openai/x", 400, "invalid_request"],
  ["an unknown provider", chat, '{"model":"acme/gpt"}', 404, "unknown_provider"],
  ["the name of another field", chat, '{"model":"constructor/gpt"}', 404, "unknown_provider"],
  [
    "an endpoint that the provider has not",
    "v1/responses",
    '{"model":"anthropic/claude-opus-5-5"}',
    404,
    "unknown_path",
  ],
  ["another path of OpenAI's", "v1/audio/speech", `{"model":"${model}"}`, 404, "unknown_path"],
  ["nothing that credits buy", "v1/responses", '{"model":"xai/grok-4"}', 403, "not_offered"],
  ["a model behind two MiB", chat, `{"a":"${"x".repeat(2 * 1024 * 1024)}","model":"${model}"}`, 400, "model_too_late"],
])("a body with %s is refused in OpenAI's form", async (_, path, body, status, code) => {
  const refused = await post(await newUser(100), path, body);
  expect([refused.status, refusalOf(refused)]).toEqual([status, code]);
  expect(await refused.json()).toMatchObject({ error: { code, type: "byok_error", message: expect.any(String) } });
});

test("a compressed body is refused, since its model cannot be found", async () => {
  const refused = await post(await newUser(), chat, "x", { "content-encoding": "gzip" });
  expect([refused.status, refusalOf(refused)]).toEqual([400, "invalid_request"]);
});

test("the method is the one of OpenAI's path", async () => {
  const user = await newUser();
  expect(refusalOf(await call(user, chat))).toBe("method_not_allowed");
  expect(refusalOf(await post(user, "v1/models", "{}"))).toBe("method_not_allowed");
});

test("nothing is read for a caller without a token", async () => {
  const visitor = { accessToken: "none", stack };
  expect(refusalOf(await post(visitor, chat, "{}"))).toBe("unauthenticated");
  expect(refusalOf(await call(visitor, "v1/models"))).toBe("unauthenticated");
});

test("the list goes without a provider that fails, and names it with the cause", async () => {
  const user = await newUser();
  const keys = {
    openai: fakeKey("openai", "works"),
    mistral: fakeKey("mistral", "works"),
    xai: fakeKey("xai", "works"),
  };
  for (const id of ["openai", "mistral", "xai"] as const) await save(user, id, keys[id]);
  await behave(stack, "openai", keys.openai, "rejected");
  await behave(stack, "mistral", keys.mistral, "garbage");
  const answer = await call(user, "v1/models");
  expect([answer.status, answer.headers.get("x-byok-credits")]).toEqual([200, "0"]);
  const { data, byok } = (await answer.json()) as ModelList;
  const own = data.filter(({ byok }) => byok.funding === "byok").map(({ owned_by }) => owned_by);
  expect(new Set(own)).toEqual(new Set(["xai"]));
  expect(data.some(({ owned_by }) => owned_by === "openai")).toBe(false);
  expect(byok.missing).toEqual([
    { provider: "openai", code: "api_key_rejected", verdict: "rejected" },
    { provider: "mistral", code: "provider_misbehaved", verdict: "unverified" },
  ]);
});

test("the list is each user's own", async () => {
  const { user } = await newByokUser("deepseek");
  const ownersOf = async (of: User) => {
    const { data } = (await (await call(of, "v1/models")).json()) as ModelList;
    return new Set(data.map(({ owned_by }) => owned_by));
  };
  expect(await ownersOf(user)).toContain("deepseek");
  // Credits buy Anthropic and Google AI in the API's own form alone.
  expect([...(await ownersOf(await newUser()))].sort()).toEqual(["groq", "openai"]);
});
