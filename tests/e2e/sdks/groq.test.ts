/** The official `groq-sdk` package, unmodified: only its base URL and its apiKey are set. */
import Groq, { toFile } from "groq-sdk";
import { expect, test } from "vitest";
import { expectOnlyTheKey, requestsWith } from "../../harness/fakes.ts";
import { collect } from "../../harness/streams.ts";
import { expectBalance, functionsUrl, newByokUser, newUser, stack, type User } from "../../harness/users.ts";
import { countingFetch } from "./counting.ts";

type Options = ConstructorParameters<typeof Groq>[0];

function clientOf(user: User, options: Options = {}): Groq {
  return new Groq({ apiKey: user.accessToken, baseURL: `${functionsUrl}/call/groq`, ...options });
}

const onCredits: Options = { defaultHeaders: { "x-byok-operation": "kernel_build" } };
const request = { model: "openai/gpt-oss-20b", messages: [{ role: "user" as const, content: "hello" }] };

test("the Groq SDK chats with the user's own key, which is all that Groq sees of the caller", async () => {
  const owner = await newByokUser("groq");
  const answer = await clientOf(owner.user).chat.completions.create(request);
  expect(answer.choices[0]?.message.content).toBe("Echo: hello");
  expect(await expectOnlyTheKey("groq", owner)).toHaveLength(1);
});

test("the Groq SDK streams a chat whose last chunk has the usage", async () => {
  const owner = await newByokUser("groq");
  const chunks = await collect(await clientOf(owner.user).chat.completions.create({ ...request, stream: true }));
  expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("")).toBe("Echo: hello");
  expect(chunks.at(-1)?.x_groq?.usage?.total_tokens).toBe(5);
  await expectOnlyTheKey("groq", owner);
});

test("the Groq SDK calls tools", async () => {
  const owner = await newByokUser("groq");
  const parameters = { type: "object", properties: { city: { type: "string" } } };
  const answer = await clientOf(owner.user).chat.completions.create({
    ...request,
    messages: [{ role: "user", content: "Please use the tool" }],
    tools: [{ type: "function", function: { name: "weather", parameters } }],
  });
  expect(answer.choices[0]?.message.tool_calls?.[0]).toMatchObject({ function: { arguments: '{"city":"some city"}' } });
  await expectOnlyTheKey("groq", owner);
});

test("the Groq SDK gets models, and a recording transcribed byte for byte", async () => {
  const owner = await newByokUser("groq");
  const client = clientOf(owner.user);
  expect((await client.models.list()).data.map(({ id }) => id)).toContain("openai/gpt-oss-20b");
  const file = await toFile(Buffer.alloc(300_000, 7), "speech.wav");
  const { text } = await client.audio.transcriptions.create({ file, model: "whisper-large-v3-turbo" });
  expect(text).toBe("Echo: 300000 bytes of speech.wav");
  await expectOnlyTheKey("groq", owner);
});

test("the Groq SDK on credits pays the operation's price for chats and streams", async () => {
  const user = await newUser(100);
  const client = clientOf(user, onCredits);
  const { data, response } = await client.chat.completions.create(request).withResponse();
  expect(data.choices[0]?.message.content).toBe("Echo: hello");
  expect(response.headers.get("x-byok-credits")).toBe("20");
  await collect(await client.chat.completions.create({ ...request, stream: true }));
  await expectBalance(user, 60);
});

test("the Groq SDK raises PermissionDeniedError for a key that Groq refuses, and asks once", async () => {
  const { user, apiKey } = await newByokUser("groq", { behaviour: "rejected" });
  const error = await clientOf(user)
    .chat.completions.create(request)
    .catch((thrown) => thrown);
  expect(error).toBeInstanceOf(Groq.PermissionDeniedError);
  expect(error.error.error.code).toBe("api_key_rejected");
  expect(await requestsWith(stack, "groq", apiKey)).toHaveLength(1);
});

test("the Groq SDK raises its APIError with status 402 when credits run out, and asks once", async () => {
  const counting = countingFetch();
  const client = clientOf(await newUser(19), { ...onCredits, fetch: counting.fetch });
  const error = await client.chat.completions.create(request).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(Groq.APIError);
  expect(error.status).toBe(402);
  expect(error.error.error.code).toBe("insufficient_credits");
  expect(counting.count()).toBe(1);
});

test("the Groq SDK does not retry a refusal by the function, even one with a status that it would retry", async () => {
  const { user, apiKey } = await newByokUser("groq", { behaviour: "redirects" });
  const error = await clientOf(user)
    .chat.completions.create(request)
    .catch((thrown) => thrown);
  expect(error).toBeInstanceOf(Groq.InternalServerError);
  expect(error.error.error.code).toBe("provider_misbehaved");
  expect(await requestsWith(stack, "groq", apiKey)).toHaveLength(1);
});

test("the Groq SDK raises AuthenticationError for a token that is none", async () => {
  const client = new Groq({ apiKey: "none", baseURL: `${functionsUrl}/call/groq` });
  const error = await client.chat.completions.create(request).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(Groq.AuthenticationError);
});

test("the Groq SDK raises RateLimitError for Groq's own 429", async () => {
  const { user } = await newByokUser("groq", { behaviour: "rate_limited" });
  const error = await clientOf(user, { maxRetries: 0 })
    .chat.completions.create(request)
    .catch((thrown) => thrown);
  expect(error).toBeInstanceOf(Groq.RateLimitError);
  expect(error.error.error.code).toBe("rate_limit_exceeded");
});
