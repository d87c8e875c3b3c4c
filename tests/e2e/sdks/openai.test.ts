/** The official `openai` package, unmodified: only its base URL and its apiKey are set. */
import OpenAI, { toFile } from "openai";
import { expect, test } from "vitest";
import { expectOnlyTheKey, requestsWith } from "../../harness/fakes.ts";
import { collect } from "../../harness/streams.ts";
import { expectBalance, functionsUrl, newByokUser, newUser, stack, type User } from "../../harness/users.ts";
import { countingFetch } from "./counting.ts";

type Options = ConstructorParameters<typeof OpenAI>[0];

function clientOf(user: User, options: Options = {}): OpenAI {
  return new OpenAI({ apiKey: user.accessToken, baseURL: `${functionsUrl}/call/openai/v1`, ...options });
}

const onCredits: Options = { defaultHeaders: { "x-byok-operation": "single_doc_regen" } };
const messages = [{ role: "user" as const, content: "hello" }];

test("the OpenAI SDK chats with the user's own key, which is all that OpenAI sees of the caller", async () => {
  const owner = await newByokUser("openai");
  const answer = await clientOf(owner.user).chat.completions.create({ model: "gpt-4o", messages });
  expect(answer.choices[0]?.message.content).toBe("Echo: hello");
  expect(answer.usage?.total_tokens).toBe(5);
  expect(await expectOnlyTheKey("openai", owner)).toHaveLength(1);
});

test("the OpenAI SDK reads rate limits and request id of OpenAI, and who paid", async () => {
  const { user } = await newByokUser("openai");
  const { response, request_id } = await clientOf(user)
    .chat.completions.create({ model: "gpt-4o", messages })
    .withResponse();
  expect(request_id).toMatch(/^req_/);
  expect(response.headers.get("x-ratelimit-remaining-requests")).toBe("9999");
  expect(response.headers.get("x-byok-funding")).toBe("byok");
  expect(response.headers.get("x-byok-credits")).toBe("0");
});

test("the OpenAI SDK streams a chat with usage at its end", async () => {
  const owner = await newByokUser("openai");
  const request = { model: "gpt-4o", messages, stream: true, stream_options: { include_usage: true } } as const;
  const chunks = await collect(await clientOf(owner.user).chat.completions.create(request));
  expect(chunks.length).toBeGreaterThan(5);
  expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("")).toBe("Echo: hello");
  expect(chunks.at(-1)?.usage?.total_tokens).toBe(5);
  await expectOnlyTheKey("openai", owner);
});

test("the OpenAI SDK calls tools and hands their results back", async () => {
  const owner = await newByokUser("openai");
  const client = clientOf(owner.user);
  const parameters = { type: "object", properties: { city: { type: "string" } } };
  const tools = [{ type: "function" as const, function: { name: "weather", parameters } }];
  const question = { role: "user" as const, content: "Please use the tool" };
  const first = await client.chat.completions.create({ model: "gpt-4o", messages: [question], tools });
  const message = first.choices[0]!.message;
  const toolCall = message.tool_calls![0]!;
  expect(toolCall).toMatchObject({ function: { name: "weather", arguments: '{"city":"some city"}' } });
  const result = { role: "tool" as const, tool_call_id: toolCall.id, content: "sunny" };
  const second = await client.chat.completions.create({
    model: "gpt-4o",
    messages: [question, message, result],
    tools,
  });
  expect(second.choices[0]?.message.content).toBe("Echo: sunny");
  await expectOnlyTheKey("openai", owner);
});

test("the OpenAI SDK gets responses, whole and streamed", async () => {
  const owner = await newByokUser("openai");
  const client = clientOf(owner.user);
  const answer = await client.responses.create({ model: "gpt-4o", input: "hello" });
  expect(answer.output_text).toBe("Echo: hello");
  const events = await collect(await client.responses.create({ model: "gpt-4o", input: "hello", stream: true }));
  expect(events.at(-1)?.type).toBe("response.completed");
  await expectOnlyTheKey("openai", owner);
});

test("the OpenAI SDK gets embeddings, and models, fine-tuned ones included", async () => {
  const owner = await newByokUser("openai");
  const client = clientOf(owner.user);
  const embeddings = await client.embeddings.create({ model: "text-embedding-3-small", input: ["a", "b"] });
  expect(embeddings.data).toHaveLength(2);
  expect((await collect(client.models.list())).map(({ id }) => id)).toContain("gpt-5.4-nano");
  expect((await client.models.retrieve("ft:gpt-4o-mini:acme::b1")).id).toBe("ft:gpt-4o-mini:acme::b1");
  await expectOnlyTheKey("openai", owner);
});

test("the OpenAI SDK uploads, lists, reads and deletes files", async () => {
  const owner = await newByokUser("openai");
  const client = clientOf(owner.user);
  const file = await toFile(Buffer.from([0, 255, 128, 13, 10]), "bytes.bin");
  const uploaded = await client.files.create({ file, purpose: "user_data" });
  expect(uploaded).toMatchObject({ bytes: 5, filename: "bytes.bin", purpose: "user_data" });
  expect((await collect(client.files.list())).map(({ id }) => id)).toEqual([uploaded.id]);
  const content = await (await client.files.content(uploaded.id)).bytes();
  expect([...content]).toEqual([0, 255, 128, 13, 10]);
  expect((await client.files.delete(uploaded.id)).deleted).toBe(true);
  await expect(client.files.retrieve(uploaded.id)).rejects.toThrow(OpenAI.NotFoundError);
  await expectOnlyTheKey("openai", owner);
});

test("the OpenAI SDK has a recording transcribed, byte for byte, and text spoken", async () => {
  const owner = await newByokUser("openai");
  const client = clientOf(owner.user);
  const file = await toFile(Buffer.alloc(300_000, 7), "speech.wav");
  const { text } = await client.audio.transcriptions.create({ file, model: "whisper-1" });
  expect(text).toBe("Echo: 300000 bytes of speech.wav");
  const speech = await client.audio.speech.create({ model: "tts-1", voice: "alloy", input: "hello" });
  expect(Buffer.from(await speech.arrayBuffer()).toString("latin1", 0, 4)).toBe("RIFF");
  await expectOnlyTheKey("openai", owner);
});

test("the OpenAI SDK's organization and project reach OpenAI under BYOK", async () => {
  const owner = await newByokUser("openai");
  await clientOf(owner.user, { organization: "org-mine", project: "proj-mine" }).models.list();
  const [request] = await expectOnlyTheKey("openai", owner);
  expect(request?.headers).toMatchObject({ "openai-organization": "org-mine", "openai-project": "proj-mine" });
});

test("the OpenAI SDK on credits pays the operation's price for chats, streams, responses and embeddings", async () => {
  const user = await newUser(100);
  const client = clientOf(user, onCredits);
  const { data, response } = await client.chat.completions.create({ model: "gpt-4.1-mini", messages }).withResponse();
  expect(data.choices[0]?.message.content).toBe("Echo: hello");
  expect(response.headers.get("x-byok-funding")).toBe("platform");
  expect(response.headers.get("x-byok-credits")).toBe("2");
  await collect(await client.chat.completions.create({ model: "gpt-4.1-mini", messages, stream: true }));
  await client.responses.create({ model: "gpt-4.1-mini", input: "hello" });
  await client.embeddings.create({ model: "text-embedding-3-small", input: "hello" });
  await expectBalance(user, 92);
});

test("the OpenAI SDK raises PermissionDeniedError for a key that OpenAI refuses, and asks once", async () => {
  const { user, apiKey } = await newByokUser("openai", { behaviour: "rejected" });
  const error = await clientOf(user)
    .chat.completions.create({ model: "gpt-4o", messages })
    .catch((thrown) => thrown);
  expect(error).toBeInstanceOf(OpenAI.PermissionDeniedError);
  expect(error).toMatchObject({ status: 403, code: "api_key_rejected" });
  expect(await requestsWith(stack, "openai", apiKey)).toHaveLength(1);
});

test("the OpenAI SDK raises its APIError with status 402 when credits run out, and asks once", async () => {
  const counting = countingFetch();
  const client = clientOf(await newUser(1), { ...onCredits, fetch: counting.fetch });
  const error = await client.chat.completions.create({ model: "gpt-4.1-mini", messages }).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(OpenAI.APIError);
  expect(error).toMatchObject({ status: 402, code: "insufficient_credits" });
  expect(error.error).toMatchObject({ price_credits: 2, available_credits: 1 });
  expect(counting.count()).toBe(1);
});

test("the OpenAI SDK does not retry a refusal by the function, even one with a status that it would retry", async () => {
  const { user, apiKey } = await newByokUser("openai", { behaviour: "redirects" });
  const error = await clientOf(user)
    .chat.completions.create({ model: "gpt-4o", messages })
    .catch((thrown) => thrown);
  expect(error).toBeInstanceOf(OpenAI.InternalServerError);
  expect(error).toMatchObject({ status: 502, code: "provider_misbehaved" });
  expect(await requestsWith(stack, "openai", apiKey)).toHaveLength(1);
});

test("the OpenAI SDK raises AuthenticationError for a token that is none", async () => {
  const client = new OpenAI({ apiKey: "none", baseURL: `${functionsUrl}/call/openai/v1` });
  const error = await client.models.list().then(null, (thrown) => thrown);
  expect(error).toBeInstanceOf(OpenAI.AuthenticationError);
  expect(error).toMatchObject({ status: 401, code: "unauthenticated" });
});

test("the OpenAI SDK raises RateLimitError for OpenAI's own 429, and waits as OpenAI tells it", async () => {
  const { user, apiKey } = await newByokUser("openai", { behaviour: "rate_limited" });
  const create = clientOf(user, { maxRetries: 1 }).chat.completions.create({ model: "gpt-4o", messages });
  const error = await create.catch((thrown) => thrown);
  expect(error).toBeInstanceOf(OpenAI.RateLimitError);
  expect(error).toMatchObject({ status: 429, code: "rate_limit_exceeded" });
  expect(error.headers.get("retry-after")).toBe("1");
  expect(await requestsWith(stack, "openai", apiKey)).toHaveLength(2);
});

test("the OpenAI SDK raises RateLimitError with OpenAI's own words for an account without credit", async () => {
  const { user } = await newByokUser("openai", { behaviour: "no_credit" });
  const create = clientOf(user, { maxRetries: 0 }).chat.completions.create({ model: "gpt-4o", messages });
  const error = await create.catch((thrown) => thrown);
  expect(error).toBeInstanceOf(OpenAI.RateLimitError);
  expect(error.code).toBe("insufficient_quota");
});
