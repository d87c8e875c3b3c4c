/** The official `openai` package beyond the contract. */
import OpenAI, { toFile } from "openai";
import { expect, test } from "vitest";
import { platformModels } from "../../harness/calls.ts";
import { expectOnlyTheKey, requestsWith } from "../../harness/fakes.ts";
import { collect } from "../../harness/streams.ts";
import { expectBalance, functionsUrl, newByokUser, newUser, stack, type User } from "../../harness/users.ts";
import { hello } from "./sdk.ts";

type Options = ConstructorParameters<typeof OpenAI>[0];

function clientOf(user: User, options: Options = {}): OpenAI {
  return new OpenAI({ apiKey: user.accessToken, baseURL: `${functionsUrl}/call/openai/v1`, ...options });
}

const onCredits: Options = { defaultHeaders: { "x-byok-operation": "single_doc_regen" } };
const messages = [hello];

test("the OpenAI SDK reads rate limits and request id of OpenAI, and who paid", async () => {
  const { user } = await newByokUser("openai");
  const { response, request_id } = await clientOf(user)
    .chat.completions.create({ model: "gpt-5.4-nano", messages })
    .withResponse();
  expect(request_id).toMatch(/^req_/);
  expect(response.headers.get("x-ratelimit-remaining-requests")).toBe("9999");
  expect(response.headers.get("x-byok-funding")).toBe("byok");
  expect(response.headers.get("x-byok-credits")).toBe("0");
});

test("the OpenAI SDK gets responses, whole and streamed", async () => {
  const owner = await newByokUser("openai");
  const client = clientOf(owner.user);
  const answer = await client.responses.create({ model: "gpt-5.4-nano", input: "hello" });
  expect(answer.output_text).toBe("Echo: hello");
  const events = await collect(await client.responses.create({ model: "gpt-5.4-nano", input: "hello", stream: true }));
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
  const speech = await client.audio.speech.create({ model: "gpt-4o-mini-tts", voice: "alloy", input: "hello" });
  expect(Buffer.from(await speech.arrayBuffer()).toString("latin1", 0, 4)).toBe("RIFF");
  await expectOnlyTheKey("openai", owner);
});

test("the OpenAI SDK runs a batch and reads its results", async () => {
  const owner = await newByokUser("openai");
  const client = clientOf(owner.user);
  const line = JSON.stringify({ custom_id: "first", method: "POST", url: "/v1/responses", body: {} });
  const input = await client.files.create({ file: await toFile(Buffer.from(line), "batch.jsonl"), purpose: "batch" });
  const batch = await client.batches.create({
    input_file_id: input.id,
    endpoint: "/v1/responses",
    completion_window: "24h",
  });
  const { status, output_file_id } = await client.batches.retrieve(batch.id);
  expect(status).toBe("completed");
  expect(await (await client.files.content(output_file_id!)).text()).toContain('"custom_id":"first"');
  await expectOnlyTheKey("openai", owner);
});

test("the OpenAI SDK makes a short-lived secret for the Realtime API", async () => {
  const owner = await newByokUser("openai");
  const { value } = await clientOf(owner.user).realtime.clientSecrets.create({ session: { type: "realtime" } });
  expect(value).toMatch(/^ek_/);
  await expectOnlyTheKey("openai", owner);
});

test("the OpenAI SDK's beta features reach OpenAI under BYOK", async () => {
  const owner = await newByokUser("openai");
  // The fake has no vector stores; what counts is what it is asked with.
  await clientOf(owner.user)
    .vectorStores.list()
    .catch(() => undefined);
  const [request] = await expectOnlyTheKey("openai", owner);
  expect(request?.headers["openai-beta"]).toBe("assistants=v2");
});

test("the OpenAI SDK's organization and project reach OpenAI under BYOK", async () => {
  const owner = await newByokUser("openai");
  await clientOf(owner.user, { organization: "org-mine", project: "proj-mine" }).models.list();
  const [request] = await expectOnlyTheKey("openai", owner);
  expect(request?.headers).toMatchObject({ "openai-organization": "org-mine", "openai-project": "proj-mine" });
});

test("the OpenAI SDK waits as OpenAI tells it, and then raises OpenAI's own 429", async () => {
  const { user, apiKey } = await newByokUser("openai", { behaviour: "rate_limited" });
  const create = clientOf(user, { maxRetries: 1 }).chat.completions.create({ model: "gpt-5.4-nano", messages });
  const error = await create.catch((thrown) => thrown);
  expect(error).toBeInstanceOf(OpenAI.RateLimitError);
  expect(error).toMatchObject({ status: 429, code: "rate_limit_exceeded" });
  expect(error.headers.get("retry-after")).toBe("1");
  expect(await requestsWith(stack, "openai", apiKey)).toHaveLength(2);
});

test("the OpenAI SDK asks once for an account without credit, though OpenAI says 429", async () => {
  const { user, apiKey } = await newByokUser("openai", { behaviour: "no_credit" });
  const create = clientOf(user).chat.completions.create({ model: "gpt-5.4-nano", messages });
  const error = await create.catch((thrown) => thrown);
  expect(error).toBeInstanceOf(OpenAI.RateLimitError);
  expect(error.code).toBe("insufficient_quota");
  expect(error.headers.get("x-byok-verdict")).toBe("no_credit");
  expect(await requestsWith(stack, "openai", apiKey)).toHaveLength(1);
});

test("the OpenAI SDK on credits pays the operation's price for responses and embeddings", async () => {
  const user = await newUser(100);
  const client = clientOf(user, onCredits);
  await client.responses.create({ model: platformModels.openai, input: "hello" });
  await client.embeddings.create({ model: "text-embedding-3-small", input: "hello" });
  await expectBalance(user, 96);
});

test("the OpenAI SDK on credits hands back output items as they came", async () => {
  const user = await newUser(100);
  const { responses } = clientOf(user, onCredits);
  const model = platformModels.openai;
  const said = await responses.create({ model, input: "hello", previous_response_id: null });
  const input = [hello, ...said.output, { role: "user", content: "more" }] as OpenAI.Responses.ResponseInput;
  expect((await responses.create({ model, input })).output_text).toBe("Echo: more");
  await expectBalance(user, 96);
});
