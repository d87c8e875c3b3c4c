import { catalogue } from "../../catalogue/index.ts";
import { createAnthropic } from "@ai-sdk/anthropic";
import { createGoogleGenerativeAI } from "@ai-sdk/google";
import { createGroq } from "@ai-sdk/groq";
import { createOpenAI } from "@ai-sdk/openai";
import Anthropic from "@anthropic-ai/sdk";
import { ApiError, GoogleGenAI } from "@google/genai";
import { APICallError, embedMany, generateText, jsonSchema, stepCountIs, streamText, tool } from "ai";
import Groq from "groq-sdk";
import OpenAI, { toFile } from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Behaviour, FakeProviders, RecordedRequest } from "../../stack/providers/index.ts";
import { fakeKey, startFakeProviders } from "../../stack/providers/index.ts";
import { type MainProvider, mainProviders } from "../harness/providers/main.ts";

/**
 * Fakes that refuse leaked headers, and fakes that official SDKs may talk to with headers of their own.
 */
let fakes: FakeProviders;
let lenient: FakeProviders;

beforeAll(async () => {
  fakes = await startFakeProviders();
  lenient = await startFakeProviders({ checksLeaks: false });
});

afterAll(async () => {
  await fakes.stop();
  await lenient.stop();
});

const listingPaths: Record<MainProvider, string> = {
  openai: "/v1/models",
  anthropic: "/v1/models?limit=1",
  google: "/v1beta/models",
  groq: "/openai/v1/models",
};

function credential(provider: MainProvider, key: string): Record<string, string> {
  if (provider === "anthropic") return { "x-api-key": key, "anthropic-version": "2023-06-01" };
  return provider === "google" ? { "x-goog-api-key": key } : { authorization: `Bearer ${key}` };
}

function list(provider: MainProvider, key: string, headers: Record<string, string> = {}) {
  const url = `${fakes.origins[provider]}${listingPaths[provider]}`;
  return fetch(url, { headers: { ...credential(provider, key), ...headers }, redirect: "manual" });
}

interface Generation {
  text?: string;
  stream?: boolean;
  maxTokens?: number;
  signal?: AbortSignal;
}

function generate(provider: MainProvider, key: string, { text = "hello", stream = false, ...rest }: Generation = {}) {
  const max_tokens = rest.maxTokens ?? 100;
  const verb = stream ? "streamGenerateContent?alt=sse" : "generateContent";
  const paths = {
    openai: "/v1/chat/completions",
    anthropic: "/v1/messages",
    google: `/v1beta/models/gemini-2.5-flash:${verb}`,
    groq: "/openai/v1/chat/completions",
  };
  const body =
    provider === "google"
      ? { contents: [{ role: "user", parts: [{ text }] }], generationConfig: { maxOutputTokens: max_tokens } }
      : { model: "any-model", messages: [{ role: "user", content: text }], stream, max_tokens };
  return fetch(`${fakes.origins[provider]}${paths[provider]}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...credential(provider, key) },
    body: JSON.stringify(body),
    redirect: "manual",
    ...(rest.signal ? { signal: rest.signal } : {}),
  });
}

async function recorded(provider: MainProvider, key: string, gone = false): Promise<RecordedRequest[]> {
  const query = new URLSearchParams({ key, ...(gone ? { gone: "1" } : {}) });
  const response = await fetch(`${fakes.origins[provider]}/__fake/requests?${query}`);
  expect(response.status).toBe(200);
  return (await response.json()) as RecordedRequest[];
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

async function readUntil(response: Response, enough: (text: string) => boolean): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (enough(text)) break;
  }
  return text;
}

/** The clients of the official SDKs, each asked for one short answer. */
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
      return sdks.openai(key).chat.completions.create({ model: "gpt-4o-mini", messages });
    case "anthropic":
      return sdks.anthropic(key).messages.create({ model: "claude-haiku-4-5", max_tokens: 100, messages });
    case "google":
      return sdks.google(key).models.generateContent({ model: "gemini-2.5-flash", contents: "hello" });
    case "groq":
      return sdks.groq(key).chat.completions.create({ model: "llama-3.1-8b-instant", messages });
  }
}

const weather = {
  name: "weather",
  description: "Tells the weather",
  schema: { type: "object" as const, properties: { city: { type: "string" as const } }, required: ["city"] },
};

describe("the openai SDK", () => {
  const client = () => sdks.openai(fakeKey("openai", "works"));

  test("gets an answer with usage, cut at max_completion_tokens", async () => {
    const request = { model: "gpt-4o-mini", messages };
    const answer = await client().chat.completions.create(request);
    expect(answer.choices[0]?.message.content).toBe("Echo: hello");
    expect(answer.usage).toEqual({ prompt_tokens: 2, completion_tokens: 3, total_tokens: 5 });
    const short = await client().chat.completions.create({ ...request, max_completion_tokens: 1 });
    expect(short.choices[0]).toMatchObject({ message: { content: "Echo" }, finish_reason: "length" });
  });

  test("gets a stream with usage at its end", async () => {
    const stream = await client().chat.completions.create({
      ...{ model: "gpt-4o-mini", messages, stream: true, stream_options: { include_usage: true } },
    });
    const chunks = await collect(stream);
    expect(chunks.length).toBeGreaterThan(5);
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("")).toBe("Echo: hello");
    expect(chunks.at(-1)?.usage?.total_tokens).toBe(5);
  });

  test("gets a tool call when the message says so", async () => {
    const { name, schema } = weather;
    const answer = await client().chat.completions.create({
      model: "gpt-4o-mini",
      messages: [{ role: "user", content: "Please use the tool" }],
      tools: [{ type: "function", function: { name, parameters: schema } }],
    });
    const call = answer.choices[0]?.message.tool_calls?.[0];
    expect(call).toMatchObject({ function: { name: "weather", arguments: '{"city":"some city"}' } });
  });

  test("gets responses, whole and streamed", async () => {
    const request = { model: "gpt-4o-mini", input: "hello", store: false };
    const answer = await client().responses.create(request);
    expect(answer.output_text).toBe("Echo: hello");
    expect(answer.usage).toMatchObject({ input_tokens: 2, output_tokens: 3 });
    const events = await collect(await client().responses.create({ ...request, stream: true }));
    expect(events.at(-1)?.type).toBe("response.completed");
  });

  test("gets models, embeddings and speech", async () => {
    const models = await collect(client().models.list());
    expect(models.map(({ id }) => id)).toContain("gpt-5.4-nano");
    expect((await client().models.retrieve("ft:gpt-4o-mini:acme")).id).toBe("ft:gpt-4o-mini:acme");
    const embeddings = await client().embeddings.create({
      model: "text-embedding-3-small",
      input: ["a", "b"],
    });
    const [a, b] = embeddings.data.map(({ embedding }) => embedding);
    expect(a).toHaveLength(16);
    expect(a).not.toEqual(b);
    expect(embeddings.usage.total_tokens).toBe(1);
    const speech = await client().audio.speech.create({ model: "tts-1", voice: "alloy", input: "hello" });
    expect(Buffer.from(await speech.arrayBuffer()).toString("latin1", 0, 4)).toBe("RIFF");
  });

  test("uploads, lists, reads and deletes files of its own key only", async () => {
    const file = await toFile(Buffer.from([0, 255, 128, 13, 10]), "bytes.bin");
    const mine = client();
    const uploaded = await mine.files.create({ file, purpose: "user_data" });
    expect(uploaded).toMatchObject({ bytes: 5, filename: "bytes.bin", purpose: "user_data" });
    expect((await collect(mine.files.list())).map(({ id }) => id)).toEqual([uploaded.id]);
    expect(await collect(client().files.list())).toEqual([]);
    const content = await (await mine.files.content(uploaded.id)).arrayBuffer();
    expect([...new Uint8Array(content)]).toEqual([0, 255, 128, 13, 10]);
    expect((await mine.files.delete(uploaded.id)).deleted).toBe(true);
    await expect(mine.files.retrieve(uploaded.id)).rejects.toThrow(OpenAI.NotFoundError);
  });

  test("gets a transcription that names the size of what arrived", async () => {
    const file = await toFile(Buffer.alloc(100_000, 1), "speech.wav");
    const answer = await client().audio.transcriptions.create({ file, model: "whisper-1" });
    expect(answer.text).toBe("Echo: 100000 bytes of speech.wav");
  });
});

describe("the Anthropic SDK", () => {
  const client = () => sdks.anthropic(fakeKey("anthropic", "works"));
  const request = { model: "claude-haiku-4-5", max_tokens: 100, messages };

  test("gets an answer with usage, cut at max_tokens", async () => {
    const answer = await client().messages.create(request);
    expect(answer.content).toEqual([{ type: "text", text: "Echo: hello" }]);
    expect(answer.usage).toMatchObject({ input_tokens: 2, output_tokens: 3 });
    const short = await client().messages.create({ ...request, max_tokens: 1 });
    expect(short).toMatchObject({ content: [{ text: "Echo" }], stop_reason: "max_tokens" });
  });

  test("gets a stream that ends with message_stop", async () => {
    const events = await collect(await client().messages.create({ ...request, stream: true }));
    expect(events.length).toBeGreaterThan(5);
    expect(events[0]).toMatchObject({ type: "message_start", message: { usage: { input_tokens: 2 } } });
    expect(events.at(-2)).toMatchObject({ type: "message_delta", usage: { output_tokens: 3 } });
    expect(events.at(-1)?.type).toBe("message_stop");
  });

  test("gets a tool call and goes on after its result", async () => {
    const { name, schema } = weather;
    const content = "Please use the tool";
    const tools = [{ name, input_schema: schema }];
    const first = await client().messages.create({
      ...request,
      tools,
      messages: [{ role: "user", content }],
    });
    const call = first.content.find((block) => block.type === "tool_use");
    expect(call).toMatchObject({ name: "weather", input: { city: "some city" } });
    const result = { type: "tool_result" as const, tool_use_id: call?.id ?? "", content: "sunny" };
    const second = await client().messages.create({
      ...{ ...request, tools },
      messages: [
        { role: "user", content },
        { role: "assistant", content: first.content },
        { role: "user", content: [result] },
      ],
    });
    expect(second.content).toEqual([{ type: "text", text: "Echo: sunny" }]);
  });

  test("counts tokens, pages through models and keeps files", async () => {
    const { max_tokens: _, ...counted } = request;
    expect((await client().messages.countTokens(counted)).input_tokens).toBeGreaterThan(0);
    const models = await collect(client().models.list({ limit: 1 }));
    expect(models.map(({ id }) => id)).toEqual(catalogue.anthropic.models.chat);
    const mine = client();
    const uploaded = await mine.files.upload({ file: await toFile(Buffer.from("text"), "note.txt") });
    expect(uploaded).toMatchObject({ filename: "note.txt", size_bytes: 4 });
    expect(await collect(mine.files.list())).toHaveLength(1);
    expect((await mine.files.delete(uploaded.id)).type).toBe("file_deleted");
  });

  test("is refused parameters that its API version no longer has", async () => {
    const create = client().messages.create({ ...request, temperature: 1 } as typeof request);
    await expect(create).rejects.toThrow(/temperature/);
  });
});

describe("the Google SDK", () => {
  for (const apiVersion of ["v1", "v1beta"]) {
    const client = () => {
      const httpOptions = { baseUrl: lenient.origins.google, apiVersion };
      return new GoogleGenAI({ apiKey: fakeKey("google", "works"), httpOptions });
    };
    const request = { model: "gemini-2.5-flash", contents: "hello" };

    test(`gets an answer with usage below /${apiVersion}, cut at maxOutputTokens`, async () => {
      const answer = await client().models.generateContent(request);
      expect(answer.text).toBe("Echo: hello");
      expect(answer.usageMetadata).toMatchObject({ promptTokenCount: 2, candidatesTokenCount: 3 });
      const short = await client().models.generateContent({ ...request, config: { maxOutputTokens: 1 } });
      expect(short.candidates?.[0]).toMatchObject({
        content: { parts: [{ text: "Echo" }] },
        finishReason: "MAX_TOKENS",
      });
    });

    test(`gets a stream below /${apiVersion} that ends with a finish reason`, async () => {
      const chunks = await collect(await client().models.generateContentStream(request));
      expect(chunks.length).toBeGreaterThan(5);
      expect(chunks.map((chunk) => chunk.text).join("")).toBe("Echo: hello");
      expect(chunks.at(-1)?.candidates?.[0]?.finishReason).toBe("STOP");
      expect(chunks.at(-1)?.usageMetadata?.totalTokenCount).toBe(5);
    });

    test(`gets tool calls, models, token counts and embeddings below /${apiVersion}`, async () => {
      const { name, description, schema: parametersJsonSchema } = weather;
      const answer = await client().models.generateContent({
        ...{ ...request, contents: "Please use the tool" },
        config: { tools: [{ functionDeclarations: [{ name, description, parametersJsonSchema }] }] },
      });
      expect(answer.functionCalls?.[0]?.name).toBe("weather");
      const models = await collect(await client().models.list({ config: { pageSize: 1 } }));
      expect(models.map((model) => model.name)).toContain("models/gemini-3.5-flash-lite");
      expect((await client().models.countTokens(request)).totalTokens).toBeGreaterThan(0);
      const embedding = await client().models.embedContent({
        model: "gemini-embedding-001",
        contents: ["a", "b"],
      });
      expect(embedding.embeddings).toHaveLength(2);
    });
  }
});

describe("the Groq SDK", () => {
  const client = () => sdks.groq(fakeKey("groq", "works"));
  const request = { model: "llama-3.1-8b-instant", messages };

  test("gets an answer with usage", async () => {
    const answer = await client().chat.completions.create(request);
    expect(answer.choices[0]?.message.content).toBe("Echo: hello");
    expect(answer.usage?.total_tokens).toBe(5);
  });

  test("gets a stream whose last chunk carries the usage in x_groq", async () => {
    const chunks = await collect(await client().chat.completions.create({ ...request, stream: true }));
    expect(chunks.length).toBeGreaterThan(5);
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe("stop");
    expect(chunks.at(-1)?.x_groq?.usage?.total_tokens).toBe(5);
  });

  test("gets models and a transcription", async () => {
    const models = await client().models.list();
    expect(models.data.map(({ id }) => id)).toContain("openai/gpt-oss-20b");
    const file = await toFile(Buffer.alloc(10), "speech.wav");
    const answer = await client().audio.transcriptions.create({ file, model: "whisper-large-v3-turbo" });
    expect(answer.text).toBe("Echo: 10 bytes of speech.wav");
  });
});

describe("the AI SDK", () => {
  function model(provider: MainProvider, apiKey: string) {
    const { openai, anthropic, google, groq } = lenient.origins;
    switch (provider) {
      case "openai":
        return createOpenAI({ apiKey, baseURL: `${openai}/v1` })("gpt-4o-mini");
      case "anthropic":
        return createAnthropic({ apiKey, baseURL: `${anthropic}/v1` })("claude-haiku-4-5");
      case "google":
        return createGoogleGenerativeAI({ apiKey, baseURL: `${google}/v1beta` })("gemini-2.5-flash");
      case "groq":
        return createGroq({ apiKey, baseURL: `${groq}/openai/v1` })("llama-3.1-8b-instant");
    }
  }

  test.each(mainProviders)("gets answers, streams and tool calls from %s", async (provider) => {
    const using = { model: model(provider, fakeKey(provider, "works")), maxRetries: 0 };
    const answer = await generateText({ ...using, prompt: "hello" });
    expect(answer.text).toBe("Echo: hello");
    expect(answer.usage).toMatchObject({ inputTokens: 2, outputTokens: 3 });
    const stream = streamText({ ...using, prompt: "hello" });
    expect((await collect(stream.textStream)).join("")).toBe("Echo: hello");
    expect(await stream.usage).toMatchObject({ inputTokens: 2, outputTokens: 3 });
    const inputSchema = jsonSchema<{ city: string }>(weather.schema);
    const tools = { weather: tool({ inputSchema, execute: ({ city }) => `sunny in ${city}` }) };
    const prompt = "Please use the tool";
    const called = await generateText({ ...using, prompt, tools, stopWhen: stepCountIs(2) });
    expect(called.text).toContain("sunny in some city");
  });

  test.each(mainProviders)("raises its typed error for %s", async (provider) => {
    const asked = generateText({
      model: model(provider, fakeKey(provider, "no_credit")),
      maxRetries: 0,
      prompt: "hello",
    });
    await expect(asked).rejects.toThrow(APICallError);
  });

  test("gets embeddings from OpenAI and Google", async () => {
    const openai = createOpenAI({
      apiKey: fakeKey("openai", "works"),
      baseURL: `${lenient.origins.openai}/v1`,
    });
    const google = createGoogleGenerativeAI({
      ...{ apiKey: fakeKey("google", "works"), baseURL: `${lenient.origins.google}/v1beta` },
    });
    const models = [openai.embedding("text-embedding-3-small"), google.embedding("gemini-embedding-001")];
    for (const embedder of models) {
      const { embeddings } = await embedMany({ model: embedder, values: ["a", "b"] });
      expect(embeddings).toHaveLength(2);
    }
  });
});

describe("a key's behaviour", () => {
  /** Status for listing models and for generation, and what the body of the refusal says. */
  const refusals: Record<string, Record<MainProvider, [number, number, RegExp]>> = {
    rejected: {
      openai: [401, 401, /"code":"invalid_api_key"/],
      anthropic: [401, 401, /"type":"authentication_error","message":"invalid x-api-key"/],
      google: [400, 400, /"reason":"API_KEY_INVALID"/],
      groq: [401, 401, /"code":"invalid_api_key"/],
    },
    restricted: {
      openai: [401, 200, /Missing scopes: api\.model\.read/],
      anthropic: [403, 200, /"type":"permission_error"/],
      google: [403, 200, /"status":"PERMISSION_DENIED".*ModelService\.ListModels/],
      groq: [403, 200, /"code":"model_permission_blocked_project"/],
    },
    forbidden: {
      openai: [403, 403, /Missing scopes: (api\.model\.read|model\.request)/],
      anthropic: [403, 403, /"type":"permission_error"/],
      google: [403, 403, /"reason":"API_KEY_SERVICE_BLOCKED"/],
      groq: [403, 403, /"code":"model_permission_blocked_org"/],
    },
    no_credit: {
      openai: [200, 429, /"code":"insufficient_quota"/],
      anthropic: [200, 400, /credit balance is too low/],
      google: [200, 402, /prepayment credits are depleted/],
      groq: [200, 400, /"code":"blocked_api_access"/],
    },
    rate_limited: {
      openai: [429, 429, /"code":"rate_limit_exceeded"/],
      anthropic: [429, 429, /"type":"rate_limit_error"/],
      google: [429, 429, /"status":"RESOURCE_EXHAUSTED".*QuotaFailure/],
      groq: [429, 429, /"code":"rate_limit_exceeded"/],
    },
    overloaded: {
      openai: [503, 503, /overloaded/],
      anthropic: [529, 529, /"type":"overloaded_error"/],
      google: [503, 503, /"status":"UNAVAILABLE"/],
      groq: [498, 498, /"code":"capacity_exceeded"/],
    },
    unavailable: {
      openai: [503, 503, /"error"/],
      anthropic: [503, 503, /"type":"api_error"/],
      google: [503, 503, /"status":"UNAVAILABLE"/],
      groq: [503, 503, /"type":"internal_server_error"/],
    },
    edge_blocked: {
      openai: [403, 403, /^error code: 1010$/],
      anthropic: [403, 403, /^error code: 1010$/],
      google: [403, 403, /^error code: 1010$/],
      groq: [403, 403, /^{"error":{"message":"Access denied[^}]*}}$/],
    },
  };
  const cases = Object.entries(refusals).flatMap(([behaviour, table]) =>
    mainProviders.map((provider) => ({
      behaviour: behaviour as Behaviour,
      provider,
      expected: table[provider],
    })),
  );

  test.each(cases)("$behaviour refuses in $provider's own words", async ({ behaviour, provider, expected }) => {
    const [listing, generation, words] = expected;
    const key = fakeKey(provider, behaviour);
    const listed = await list(provider, key);
    const generated = await generate(provider, key);
    expect([listed.status, generated.status]).toEqual([listing, generation]);
    for (const answer of [listed, generated]) {
      const text = await answer.text();
      if (answer.status === 200) expect(text).not.toMatch(/"error"/);
      else expect(text).toMatch(words);
    }
    if (behaviour === "rate_limited") expect(generated.headers.get("retry-after")).toBe("1");
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

  test("rejected shows part of the key at OpenAI, never all of it", async () => {
    const key = fakeKey("openai", "rejected");
    const text = await (await list("openai", key)).text();
    expect(text).toContain(`sk-proj-*`);
    expect(text).toContain(`*${key.slice(-4)}.`);
    expect(text).not.toContain(key);
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

  test.each(mainProviders)("hangs accepts and never answers at %s", async (provider) => {
    const key = fakeKey(provider, "hangs");
    const leaving = new AbortController();
    const answer = generate(provider, key, { signal: leaving.signal });
    await expect.poll(() => recorded(provider, key)).toMatchObject([{ status: null, clientGone: false }]);
    leaving.abort();
    await expect(answer).rejects.toThrow("aborted");
    expect(await recorded(provider, key, true)).toMatchObject([{ status: null, finished: false, clientGone: true }]);
  });

  test.each(mainProviders)("resets breaks the connection of %s without an answer", async (provider) => {
    const key = fakeKey(provider, "resets");
    await expect(list(provider, key)).rejects.toThrow("fetch failed");
    expect(await recorded(provider, key)).toMatchObject([{ status: null, finished: false, clientGone: false }]);
  });

  test.each(mainProviders)("redirects points from %s to another provider's origin", async (provider) => {
    const key = fakeKey(provider, "redirects");
    const answers = [await list(provider, key), await generate(provider, key)];
    expect(answers.map(({ status }) => status)).toEqual([302, 307]);
    for (const { headers } of answers) {
      const { origin } = new URL(headers.get("location") ?? "");
      expect(origin).not.toBe(fakes.origins[provider]);
      expect(Object.values(fakes.origins)).toContain(origin);
    }
  });

  test.each(mainProviders)("garbage and broken_json answer 200 with what is no JSON at %s", async (provider) => {
    const page = await list(provider, fakeKey(provider, "garbage"));
    expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html"]);
    const broken = await list(provider, fakeKey(provider, "broken_json"));
    expect([broken.status, broken.headers.get("content-type")]).toEqual([200, "application/json"]);
    await expect(broken.json()).rejects.toThrow(SyntaxError);
  });

  test.each(mainProviders)("echoes puts the key into the error of %s in three forms", async (provider) => {
    const key = fakeKey(provider, "echoes");
    expect(encodeURIComponent(key)).not.toBe(key);
    const answer = await list(provider, key);
    expect(answer.status).toBe(400);
    const { error } = (await answer.json()) as { error: { message: string } };
    for (const form of [key, encodeURIComponent(key), JSON.stringify(key)]) expect(error.message).toContain(form);
  });

  test.each(mainProviders)("cut breaks off JSON and streams of %s in the middle", async (provider) => {
    const key = fakeKey(provider, "cut");
    const whole = await generate(provider, key);
    expect(whole.status).toBe(200);
    await expect(whole.text()).rejects.toThrow("terminated");
    const stream = await generate(provider, key, { stream: true });
    let seen = "";
    const reading = readUntil(stream, (text) => {
      seen = text;
      return false;
    });
    await expect(reading).rejects.toThrow("terminated");
    expect(seen.match(/^data: /gm)).toHaveLength(3);
    for (const { finished, clientGone } of await recorded(provider, key)) {
      expect({ finished, clientGone }).toEqual({ finished: false, clientGone: false });
    }
  });

  test.each(mainProviders)("stalls sends the first events of %s and then nothing", async (provider) => {
    const key = fakeKey(provider, "stalls");
    const leaving = new AbortController();
    const stream = await generate(provider, key, { stream: true, signal: leaving.signal });
    const events = await readUntil(stream, (text) => text.split("\n\n").length > 3);
    expect(events.match(/^data: /gm)).toHaveLength(3);
    leaving.abort();
    expect(await recorded(provider, key, true)).toMatchObject([{ finished: false, clientGone: true }]);
    expect((await generate(provider, key)).status).toBe(200);
  });

  test.each(mainProviders)("drips goes on at %s until the client has left", async (provider) => {
    const key = fakeKey(provider, "drips");
    const leaving = new AbortController();
    const stream = await generate(provider, key, { text: "x", stream: true, signal: leaving.signal });
    await readUntil(stream, (text) => text.split("\n\n").length > 20);
    leaving.abort();
    expect(await recorded(provider, key, true)).toMatchObject([{ finished: false, clientGone: true }]);
  });

  test.each(mainProviders)("cookies adds headers to %s that a relay must not hand on", async (provider) => {
    const { status, headers } = await generate(provider, fakeKey(provider, "cookies"));
    expect(status).toBe(200);
    expect(headers.getSetCookie()).toHaveLength(2);
    expect(headers.get("x-internal-host")).toBe("node-7.internal");
  });

  test("changes when the fake is told so", async () => {
    const key = fakeKey("anthropic", "works");
    expect((await list("anthropic", key)).status).toBe(200);
    const url = `${fakes.origins.anthropic}/__fake/behaviour`;
    const change = (body: object) => fetch(url, { method: "POST", body: JSON.stringify(body) });
    expect((await change({ key, behaviour: "rejected" })).status).toBe(200);
    expect((await list("anthropic", key)).status).toBe(401);
    expect((await change({ key, behaviour: "dances" })).status).toBe(400);
  });
});

describe("a credential", () => {
  const jwt = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";

  test.each(mainProviders)("that %s does not know is refused like a wrong key", async (provider) => {
    const wrong = provider === "google" ? 400 : 401;
    for (const other of mainProviders.filter((id) => id !== provider)) {
      expect((await list(provider, fakeKey(other, "works"))).status).toBe(wrong);
    }
    expect((await list(provider, "unknown")).status).toBe(wrong);
    expect((await list(provider, `${fakeKey(provider, "works")}x`)).status).toBe(wrong);
  });

  test.each(mainProviders)("is needed by %s", async (provider) => {
    const headers = { "anthropic-version": "2023-06-01" };
    const bare = await fetch(`${fakes.origins[provider]}${listingPaths[provider]}`, { headers });
    expect(bare.status).toBe(provider === "google" ? 403 : 401);
  });

  test.each(mainProviders)("in the wrong place or beside a second one is refused by %s", async (provider) => {
    const key = fakeKey(provider, "works");
    const url = `${fakes.origins[provider]}${listingPaths[provider]}`;
    const version = { "anthropic-version": "2023-06-01" };
    const inQuery = await fetch(`${url}${url.includes("?") ? "&" : "?"}key=${key}`, { headers: version });
    expect(inQuery.status).toBe(provider === "google" ? 403 : 401);
    const places = ["authorization", "x-api-key", "x-goog-api-key"];
    const used = Object.keys(credential(provider, key));
    for (const place of places.filter((name) => !used.includes(name))) {
      const second = await list(provider, key, {
        [place]: place === "authorization" ? `Bearer ${key}` : key,
      });
      expect([400, 401]).toContain(second.status);
      const both = await fetch(`${url}${url.includes("?") ? "&" : "?"}key=${key}`, {
        headers: credential(provider, key),
      });
      expect([400, 401]).toContain(both.status);
    }
  });

  test.each(mainProviders)("that is an access token is no key of %s", async (provider) => {
    const url = `${lenient.origins[provider]}${listingPaths[provider]}`;
    const answer = await fetch(url, { headers: credential(provider, jwt) });
    expect(answer.status).toBe(provider === "google" ? 400 : 401);
    expect(await answer.text()).not.toContain(jwt);
  });

  test("as a bearer token is of the wrong type for Google", async () => {
    const url = `${lenient.origins.google}${listingPaths.google}`;
    const answer = await fetch(url, { headers: { authorization: `Bearer ${fakeKey("google", "works")}` } });
    expect(answer.status).toBe(401);
    expect(await answer.text()).toContain("ACCESS_TOKEN_TYPE_UNSUPPORTED");
  });

  const leaks = {
    authorization: `Bearer ${jwt}`,
    "x-api-key": jwt,
    "x-goog-api-key": jwt,
    apikey: "sb_publishable_x",
    cookie: "a=b",
    origin: "http://app.example",
    referer: "http://app.example/",
    "sb-api-key": "x",
    "x-byok-operation": "kernel_build",
    "x-client-info": "supabase-js",
    "x-forwarded-for": "10.0.0.1",
    "x-stainless-lang": "js",
    "x-supabase-api-version": "1",
  };
  const leaked = Object.entries(leaks).map(([name, value]) => ({ name, value }));

  test.each(leaked)("does not help a request that leaks $name", async ({ name, value }) => {
    for (const provider of mainProviders) {
      const key = fakeKey(provider, "works");
      const answer = await list(provider, key, { [name]: value });
      expect(answer.status).toBe(400);
      const { error } = (await answer.json()) as { error: { message: string } };
      expect(error.message).toBe(`fake: leaked header ${name}`);
    }
  });
});

describe("a fake", () => {
  test.each(mainProviders)("of %s refuses a path it does not have", async (provider) => {
    const url = `${fakes.origins[provider]}/v9/nothing`;
    const answer = await fetch(url, { headers: credential(provider, fakes.platformKeys[provider]) });
    expect(answer.status).toBe(404);
    expect(await answer.json()).toHaveProperty("error");
  });

  test.each(mainProviders)("of %s answers malformed JSON in the provider's shape", async (provider) => {
    const key = fakeKey(provider, "works");
    const url = (await generate(provider, key)).url;
    const answer = await fetch(url, { method: "POST", headers: credential(provider, key), body: "{" });
    expect(answer.status).toBe(400);
    const shapes = { openai: "param", groq: "type", anthropic: "type", google: "status" };
    expect(((await answer.json()) as { error: object }).error).toHaveProperty(shapes[provider]);
  });

  test("of Anthropic wants to know the API version", async () => {
    const url = `${fakes.origins.anthropic}/v1/models`;
    const answer = await fetch(url, { headers: { "x-api-key": fakes.platformKeys.anthropic } });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain("anthropic-version: header is required");
  });

  test.each(mainProviders)("of %s records what it saw and forgets it on demand", async (provider) => {
    const key = fakeKey(provider, "works", "alice");
    await (await generate(provider, key, { text: "remember", maxTokens: 7 })).text();
    await expect
      .poll(() => recorded(provider, key))
      .toMatchObject([{ method: "POST", query: "", status: 200, finished: true, clientGone: false }]);
    const [request] = await recorded(provider, key);
    expect(request?.headers).toMatchObject(credential(provider, key));
    expect(request?.bodyText).toContain("remember");
    expect(request?.bodyText).toMatch(/"(max_tokens|maxOutputTokens)":7/);
    await fetch(`${fakes.origins[provider]}/__fake/requests?key=${key}`, { method: "DELETE" });
    expect(await recorded(provider, key)).toEqual([]);
  });

  test("records paths as they were sent and at most 64 KiB of a body", async () => {
    const key = fakeKey("openai", "works");
    await (await generate("openai", key, { text: "x".repeat(100_000) })).text();
    const [request] = await recorded("openai", key);
    expect(request?.bodyText).toHaveLength(64 * 1024);
    await fetch(`${fakes.origins.openai}/v1//models%2e?a=%2F`, { headers: credential("openai", key) });
    expect((await recorded("openai", key)).at(-1)).toMatchObject({ path: "/v1//models%2e", query: "a=%2F" });
  });

  test("records requests without any credential under the empty key", async () => {
    await fetch(`${fakes.origins.groq}/openai/v1/models?bare`);
    const bare = (await recorded("groq", "")).filter(({ query }) => query === "bare");
    expect(bare).toMatchObject([{ path: "/openai/v1/models", status: 401 }]);
  });

  test("listens on the port it is given, and starts nothing when that is taken", async () => {
    const { port } = new URL(fakes.origins.groq);
    const servers = () => process.getActiveResourcesInfo().filter((name) => name === "TCPServerWrap").length;
    const before = servers();
    await expect(startFakeProviders({ ports: { groq: Number(port) } })).rejects.toThrow("EADDRINUSE");
    await expect.poll(servers).toBe(before);
    const once = await startFakeProviders();
    const ports = { openai: Number(new URL(once.origins.openai).port) };
    await once.stop();
    const again = await startFakeProviders({ ports });
    await again.stop();
    expect(again.origins.openai).toBe(once.origins.openai);
  });

  test("stops while requests hang", async () => {
    const short = await startFakeProviders();
    const headers = credential("openai", fakeKey("openai", "hangs"));
    const hanging = fetch(`${short.origins.openai}/v1/models`, { headers }).catch((error: unknown) => error);
    const waiting = fetch(`${short.origins.groq}/__fake/requests?key=none&gone=1`).catch((error: unknown) => error);
    const recordedUrl = `${short.origins.openai}/__fake/requests`;
    await expect.poll(async () => (await fetch(recordedUrl)).json()).toHaveLength(1);
    await short.stop();
    expect(await hanging).toBeInstanceOf(Error);
    expect(await waiting).toBeDefined();
    await expect(fetch(recordedUrl)).rejects.toThrow("fetch failed");
  });
});

describe("fakeKey()", () => {
  test.each(mainProviders)("makes a fresh key in the format of %s", (provider) => {
    const prefixes = { openai: "sk-proj-", anthropic: "sk-ant-api03-", google: "AQ.", groq: "gsk_" };
    const key = fakeKey(provider, "no_credit", "alice");
    expect(key).toMatch(new RegExp(`^${prefixes[provider]}fake-no_credit-alice-[0-9a-f]{32}$`));
    expect(fakeKey(provider, "no_credit", "alice")).not.toBe(key);
  });

  test("refuses a name that would blur the format", () => {
    expect(() => fakeKey("openai", "works", "a-b")).toThrow(TypeError);
  });
});
