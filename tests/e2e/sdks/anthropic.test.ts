/** The official `@anthropic-ai/sdk` package, unmodified: only its base URL and its apiKey are set. */
import Anthropic, { toFile } from "@anthropic-ai/sdk";
import { expect, test } from "vitest";
import { expectOnlyTheKey, requestsWith } from "../../harness/fakes.ts";
import { collect } from "../../harness/streams.ts";
import { expectBalance, functionsUrl, newByokUser, newUser, stack, type User } from "../../harness/users.ts";
import { countingFetch } from "./counting.ts";

type Options = ConstructorParameters<typeof Anthropic>[0];

function clientOf(user: User, options: Options = {}): Anthropic {
  return new Anthropic({ apiKey: user.accessToken, baseURL: `${functionsUrl}/call/anthropic`, ...options });
}

const onCredits: Options = { defaultHeaders: { "x-byok-operation": "doc_generation" } };
const request = { model: "claude-haiku-4-5", max_tokens: 100, messages: [{ role: "user" as const, content: "hello" }] };

test("the Anthropic SDK gets a message with the user's own key, which is all that Anthropic sees of the caller", async () => {
  const owner = await newByokUser("anthropic");
  const answer = await clientOf(owner.user).messages.create(request);
  expect(answer.content).toEqual([{ type: "text", text: "Echo: hello" }]);
  expect(answer.usage).toMatchObject({ input_tokens: 2, output_tokens: 3 });
  expect(await expectOnlyTheKey("anthropic", owner)).toHaveLength(1);
});

test("the Anthropic SDK's version of the API and its beta features are the ones that Anthropic gets", async () => {
  const owner = await newByokUser("anthropic");
  await clientOf(owner.user).messages.create(request);
  await clientOf(owner.user).beta.messages.create({ ...request, betas: ["some-feature-2026-01-01"] });
  const [plain, beta] = await expectOnlyTheKey("anthropic", owner);
  expect(plain?.headers["anthropic-version"]).toMatch(/^20\d\d-\d\d-\d\d$/);
  expect(plain?.headers["anthropic-beta"]).toBeUndefined();
  expect(beta?.headers["anthropic-beta"]).toBe("some-feature-2026-01-01");
});

test("the Anthropic SDK streams a message to its message_stop", async () => {
  const owner = await newByokUser("anthropic");
  const stream = clientOf(owner.user).messages.stream(request);
  const events = await collect(stream);
  expect(events.length).toBeGreaterThan(5);
  expect(events.at(-1)?.type).toBe("message_stop");
  expect(await stream.finalText()).toBe("Echo: hello");
  await expectOnlyTheKey("anthropic", owner);
});

test("the Anthropic SDK calls tools and hands their results back", async () => {
  const owner = await newByokUser("anthropic");
  const client = clientOf(owner.user);
  const schema = { type: "object" as const, properties: { city: { type: "string" } } };
  const withTools = { ...request, tools: [{ name: "weather", input_schema: schema }] };
  const question = { role: "user" as const, content: "Please use the tool" };
  const first = await client.messages.create({ ...withTools, messages: [question] });
  const toolUse = first.content.find((block) => block.type === "tool_use")!;
  expect(toolUse).toMatchObject({ name: "weather", input: { city: "some city" } });
  const results = [{ type: "tool_result" as const, tool_use_id: toolUse.id, content: "sunny" }];
  const conversation = [
    question,
    { role: "assistant" as const, content: first.content },
    { role: "user" as const, content: results },
  ];
  const second = await client.messages.create({ ...withTools, messages: conversation });
  expect(second.content).toEqual([{ type: "text", text: "Echo: sunny" }]);
  await expectOnlyTheKey("anthropic", owner);
});

test("the Anthropic SDK counts tokens and pages through models", async () => {
  const owner = await newByokUser("anthropic");
  const { max_tokens: _, ...counted } = request;
  expect((await clientOf(owner.user).messages.countTokens(counted)).input_tokens).toBeGreaterThan(0);
  const models = await collect(clientOf(owner.user).models.list({ limit: 1 }));
  expect(models.map(({ id }) => id)).toContain("claude-haiku-4-5-20251001");
  expect(await expectOnlyTheKey("anthropic", owner)).toHaveLength(1 + models.length);
});

test("the Anthropic SDK uploads, lists and deletes files", async () => {
  const owner = await newByokUser("anthropic");
  const client = clientOf(owner.user);
  const uploaded = await client.files.upload({ file: await toFile(Buffer.from("text"), "note.txt") });
  expect(uploaded).toMatchObject({ filename: "note.txt", size_bytes: 4 });
  expect(await collect(client.files.list())).toHaveLength(1);
  expect((await client.files.delete(uploaded.id)).type).toBe("file_deleted");
  await expectOnlyTheKey("anthropic", owner);
});

test("the Anthropic SDK on credits pays the operation's price for messages and streams", async () => {
  const user = await newUser(100);
  const client = clientOf(user, onCredits);
  const { data, response } = await client.messages.create(request).withResponse();
  expect(data.content).toEqual([{ type: "text", text: "Echo: hello" }]);
  expect(response.headers.get("x-byok-credits")).toBe("10");
  expect(await client.messages.stream(request).finalText()).toBe("Echo: hello");
  await expectBalance(user, 80);
});

test("the Anthropic SDK raises PermissionDeniedError for a key that Anthropic refuses, and asks once", async () => {
  const { user, apiKey } = await newByokUser("anthropic", { behaviour: "rejected" });
  const error = await clientOf(user)
    .messages.create(request)
    .catch((thrown) => thrown);
  expect(error).toBeInstanceOf(Anthropic.PermissionDeniedError);
  expect(error.error.error).toMatchObject({ type: "permission_error", code: "api_key_rejected" });
  expect(await requestsWith(stack, "anthropic", apiKey)).toHaveLength(1);
});

test("the Anthropic SDK raises its APIError with status 402 when credits run out, and asks once", async () => {
  const counting = countingFetch();
  const client = clientOf(await newUser(9), { ...onCredits, fetch: counting.fetch });
  const error = await client.messages.create(request).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(Anthropic.APIError);
  expect(error.status).toBe(402);
  expect(error.error.error).toMatchObject({ code: "insufficient_credits", price_credits: 10, available_credits: 9 });
  expect(counting.count()).toBe(1);
});

test("the Anthropic SDK does not retry a refusal by the function, even one with a status that it would retry", async () => {
  const { user, apiKey } = await newByokUser("anthropic", { behaviour: "redirects" });
  const error = await clientOf(user)
    .messages.create(request)
    .catch((thrown) => thrown);
  expect(error).toBeInstanceOf(Anthropic.InternalServerError);
  expect(error.error.error).toMatchObject({ type: "api_error", code: "provider_misbehaved" });
  expect(await requestsWith(stack, "anthropic", apiKey)).toHaveLength(1);
});

test("the Anthropic SDK raises AuthenticationError for a token that is none", async () => {
  const client = new Anthropic({ apiKey: "none", baseURL: `${functionsUrl}/call/anthropic` });
  const error = await client.messages.create(request).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(Anthropic.AuthenticationError);
});

test("the Anthropic SDK raises RateLimitError for Anthropic's own 429", async () => {
  const { user } = await newByokUser("anthropic", { behaviour: "rate_limited" });
  const error = await clientOf(user, { maxRetries: 0 })
    .messages.create(request)
    .catch((thrown) => thrown);
  expect(error).toBeInstanceOf(Anthropic.RateLimitError);
  expect(error.error.error.type).toBe("rate_limit_error");
  expect(error.headers.get("retry-after")).toBe("1");
});

test("the Anthropic SDK raises Anthropic's own words for an account without credit", async () => {
  const { user } = await newByokUser("anthropic", { behaviour: "no_credit" });
  const error = await clientOf(user)
    .messages.create(request)
    .catch((thrown) => thrown);
  expect(error).toBeInstanceOf(Anthropic.BadRequestError);
  expect(error.message).toContain("credit balance is too low");
});
