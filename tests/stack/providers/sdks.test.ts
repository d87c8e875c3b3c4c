/** The fakes as the official SDKs see them, beyond the contract in tests/e2e/sdks. */
import Anthropic from "@anthropic-ai/sdk";
import { ApiError, GoogleGenAI } from "@google/genai";
import Groq from "groq-sdk";
import OpenAI, { toFile } from "openai";
import { expect, test } from "vitest";
import { catalogue } from "../../../catalogue/index.ts";
import { fakeKey } from "../../../stack/providers/index.ts";
import { collect } from "../../harness/streams.ts";
import { lenient, withFakes } from "./fakes.ts";
import { cases } from "./refusals.ts";
import { type MainProvider } from "../../harness/providers/main.ts";

withFakes();

const sdks = {
  openai: (apiKey: string, maxRetries = 0) =>
    new OpenAI({ apiKey, baseURL: `${lenient.origins.openai}/v1`, maxRetries }),
  anthropic: (apiKey: string, maxRetries = 0) =>
    new Anthropic({ apiKey, baseURL: lenient.origins.anthropic, maxRetries }),
  google: (apiKey: string) => new GoogleGenAI({ apiKey, httpOptions: { baseUrl: lenient.origins.google } }),
  groq: (apiKey: string, maxRetries = 0) => new Groq({ apiKey, baseURL: lenient.origins.groq, maxRetries }),
};

const messages = [{ role: "user" as const, content: "hello" }];

function askBySdk(provider: MainProvider, key: string): Promise<unknown> {
  switch (provider) {
    case "openai":
      return sdks.openai(key).chat.completions.create({ model: "gpt-5.4-nano", messages });
    case "anthropic":
      return sdks.anthropic(key).messages.create({ model: "claude-haiku-4-5", max_tokens: 100, messages });
    case "google":
      return sdks.google(key).models.generateContent({ model: "gemini-3.5-flash-lite", contents: "hello" });
    case "groq":
      return sdks.groq(key).chat.completions.create({ model: "openai/gpt-oss-20b", messages });
  }
}

const request = { model: "claude-haiku-4-5", max_tokens: 100, messages };

test("an answer is cut at the most tokens that the SDK asks for", async () => {
  const openai = sdks.openai(fakeKey("openai", "works"));
  const chat = await openai.chat.completions.create({ model: "gpt-5.4-nano", messages, max_completion_tokens: 1 });
  expect(chat.choices[0]).toMatchObject({ message: { content: "Echo" }, finish_reason: "length" });
  const message = await sdks.anthropic(fakeKey("anthropic", "works")).messages.create({ ...request, max_tokens: 1 });
  expect(message).toMatchObject({ content: [{ text: "Echo" }], stop_reason: "max_tokens" });
  const generation = { model: "gemini-3.5-flash-lite", contents: "hello", config: { maxOutputTokens: 1 } };
  const { candidates } = await sdks.google(fakeKey("google", "works")).models.generateContent(generation);
  expect(candidates?.[0]).toMatchObject({ content: { parts: [{ text: "Echo" }] }, finishReason: "MAX_TOKENS" });
});

test("a stream counts its tokens where the provider's does", async () => {
  const anthropic = sdks.anthropic(fakeKey("anthropic", "works"));
  const events = await collect(await anthropic.messages.create({ ...request, stream: true }));
  expect(events[0]).toMatchObject({ type: "message_start", message: { usage: { input_tokens: 2 } } });
  expect(events.at(-2)).toMatchObject({ type: "message_delta", usage: { output_tokens: 3 } });
  const google = sdks.google(fakeKey("google", "works")).models;
  const chunks = await collect(
    await google.generateContentStream({ model: "gemini-3.5-flash-lite", contents: "hello" }),
  );
  expect(chunks.at(-1)?.usageMetadata?.totalTokenCount).toBe(5);
});

test("embeddings of different texts differ", async () => {
  const openai = sdks.openai(fakeKey("openai", "works"));
  const { data, usage } = await openai.embeddings.create({ model: "text-embedding-3-small", input: ["a", "b"] });
  const [a, b] = data.map(({ embedding }) => embedding);
  expect(a).toHaveLength(16);
  expect(a).not.toEqual(b);
  expect(usage.total_tokens).toBe(1);
});

test("files are listed to their own key only", async () => {
  const [mine, other] = [sdks.openai(fakeKey("openai", "works")), sdks.openai(fakeKey("openai", "works"))];
  const { id } = await mine.files.create({ file: await toFile(Buffer.from("text"), "note.txt"), purpose: "user_data" });
  expect((await collect(mine.files.list())).map((file) => file.id)).toEqual([id]);
  expect(await collect(other.files.list())).toEqual([]);
});

test("Anthropic's lists the models of the catalogue", async () => {
  const models = await collect(sdks.anthropic(fakeKey("anthropic", "works")).models.list({ limit: 1 }));
  expect(models.map(({ id }) => id)).toEqual(catalogue.anthropic.models.chat);
});

test("Anthropic's refuses parameters that its API version no longer has", async () => {
  const anthropic = sdks.anthropic(fakeKey("anthropic", "works"));
  const create = anthropic.messages.create({ ...request, temperature: 1 } as typeof request);
  await expect(create).rejects.toThrow(/temperature/);
});

const errorClasses = {
  openai: OpenAI.APIError,
  anthropic: Anthropic.APIError,
  google: ApiError,
  groq: Groq.APIError,
};

test.each(cases)("$behaviour makes $provider's SDK raise its typed error", async (row) => {
  const { behaviour, provider, expected } = row;
  const answer = askBySdk(provider, fakeKey(provider, behaviour));
  if (expected[1] === 200) return expect(answer).resolves.toBeDefined();
  const error: unknown = await answer.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(errorClasses[provider]);
  expect(error).toMatchObject({ status: expected[1] });
});

test("raises the SDK classes that applications catch", async () => {
  await expect(askBySdk("openai", fakeKey("openai", "rejected"))).rejects.toThrow(OpenAI.AuthenticationError);
  await expect(askBySdk("openai", fakeKey("openai", "no_credit"))).rejects.toThrow(OpenAI.RateLimitError);
  const overloaded = askBySdk("anthropic", fakeKey("anthropic", "overloaded"));
  await expect(overloaded).rejects.toThrow(Anthropic.InternalServerError);
  const forbidden = askBySdk("anthropic", fakeKey("anthropic", "forbidden"));
  await expect(forbidden).rejects.toThrow(Anthropic.PermissionDeniedError);
  await expect(askBySdk("groq", fakeKey("groq", "rate_limited"))).rejects.toThrow(Groq.RateLimitError);
  await expect(askBySdk("openai", fakeKey("openai", "resets"))).rejects.toThrow(OpenAI.APIConnectionError);
});
