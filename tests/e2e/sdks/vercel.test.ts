/** Vercel's `ai` with its packages for the four providers, unmodified: only their base URLs and apiKeys are set. */
import { createAnthropic } from "@ai-sdk/anthropic";
import { createGoogleGenerativeAI } from "@ai-sdk/google";
import { createGroq } from "@ai-sdk/groq";
import { createOpenAI } from "@ai-sdk/openai";
import {
  APICallError,
  embedMany,
  generateText,
  jsonSchema,
  type LanguageModel,
  stepCountIs,
  streamText,
  tool,
} from "ai";
import { describe, expect, test } from "vitest";
import { providerIds } from "../../../functions/_shared/providers/index.ts";
import { expectOnlyTheKey, type ProviderId, requestsWith } from "../../harness/fakes.ts";
import { collect } from "../../harness/streams.ts";
import { expectBalance, functionsUrl, newByokUser, newUser, stack, type User } from "../../harness/users.ts";

interface Settings {
  apiKey: string;
  headers?: Record<string, string>;
}

const settingsOf = (user: User, headers: Record<string, string> = {}): Settings => ({
  apiKey: user.accessToken,
  headers,
});
const openaiOf = (settings: Settings) => createOpenAI({ ...settings, baseURL: `${functionsUrl}/call/openai/v1` });
const googleOf = (settings: Settings) =>
  createGoogleGenerativeAI({ ...settings, baseURL: `${functionsUrl}/call/google/v1beta` });

function modelOf(provider: ProviderId, settings: Settings): LanguageModel {
  switch (provider) {
    case "openai":
      return openaiOf(settings)("gpt-4.1-mini");
    case "anthropic":
      return createAnthropic({ ...settings, baseURL: `${functionsUrl}/call/anthropic/v1` })("claude-haiku-4-5");
    case "google":
      return googleOf(settings)("gemini-3.5-flash-lite");
    case "groq":
      return createGroq({ ...settings, baseURL: `${functionsUrl}/call/groq/openai/v1` })("openai/gpt-oss-20b");
  }
}

const onCredits = { "x-byok-operation": "single_doc_regen" };

describe.each(providerIds)("%s", (provider) => {
  test(`the AI SDK generates with the user's own key, which is all that ${provider} sees of the caller`, async () => {
    const owner = await newByokUser(provider);
    const answer = await generateText({ model: modelOf(provider, settingsOf(owner.user)), prompt: "hello" });
    expect(answer.text).toBe("Echo: hello");
    expect(answer.usage).toMatchObject({ inputTokens: 2, outputTokens: 3 });
    expect(await expectOnlyTheKey(provider, owner)).toHaveLength(1);
  });

  test(`the AI SDK streams from ${provider}`, async () => {
    const owner = await newByokUser(provider);
    const stream = streamText({ model: modelOf(provider, settingsOf(owner.user)), prompt: "hello" });
    expect((await collect(stream.textStream)).join("")).toBe("Echo: hello");
    expect(await stream.usage).toMatchObject({ inputTokens: 2, outputTokens: 3 });
    await expectOnlyTheKey(provider, owner);
  });

  test(`the AI SDK runs a tool for ${provider} and goes on with its result`, async () => {
    const owner = await newByokUser(provider);
    const schema = { type: "object", properties: { city: { type: "string" } }, required: ["city"] } as const;
    const inputSchema = jsonSchema<{ city: string }>(schema);
    const { text } = await generateText({
      model: modelOf(provider, settingsOf(owner.user)),
      prompt: "Please use the tool",
      tools: { weather: tool({ inputSchema, execute: ({ city }) => `sunny in ${city}` }) },
      stopWhen: stepCountIs(2),
    });
    expect(text).toContain("sunny in some city");
    expect(await expectOnlyTheKey(provider, owner)).toHaveLength(2);
  });

  test(`the AI SDK on credits pays the operation's price to generate and to stream with ${provider}`, async () => {
    const user = await newUser(100);
    const model = modelOf(provider, settingsOf(user, onCredits));
    const answer = await generateText({ model, prompt: "hello" });
    expect(answer.text).toBe("Echo: hello");
    expect(answer.response.headers).toMatchObject({ "x-byok-funding": "platform", "x-byok-credits": "2" });
    expect((await collect(streamText({ model, prompt: "hello" }).textStream)).join("")).toBe("Echo: hello");
    await expectBalance(user, 96);
  });

  test(`the AI SDK raises APICallError 403 for a key that ${provider} refuses, and asks once`, async () => {
    const { user, apiKey } = await newByokUser(provider, { behaviour: "rejected" });
    const error = await generateText({ model: modelOf(provider, settingsOf(user)), prompt: "hello" }).catch(
      (thrown) => thrown,
    );
    expect(APICallError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ statusCode: 403, isRetryable: false });
    expect(error.responseHeaders["x-byok-error"]).toBe("api_key_rejected");
    expect(await requestsWith(stack, provider, apiKey)).toHaveLength(1);
  });

  test(`the AI SDK raises APICallError 402 when credits for ${provider} run out, and does not ask again`, async () => {
    const model = modelOf(provider, settingsOf(await newUser(1), onCredits));
    const error = await generateText({ model, prompt: "hello" }).catch((thrown) => thrown);
    expect(APICallError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({
      statusCode: 402,
      isRetryable: false,
      message: expect.stringContaining("not enough credits"),
    });
  });

  test(`the AI SDK raises APICallError 429 for ${provider}'s own rate limit`, async () => {
    const { user } = await newByokUser(provider, { behaviour: "rate_limited" });
    const asked = generateText({ model: modelOf(provider, settingsOf(user)), prompt: "hello", maxRetries: 0 });
    const error = await asked.catch((thrown) => thrown);
    expect(APICallError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ statusCode: 429, isRetryable: true });
  });
});

test.each(["openai", "google"] as const)("the AI SDK embeds with the user's own key for %s", async (provider) => {
  const owner = await newByokUser(provider);
  const settings = settingsOf(owner.user);
  const model =
    provider === "openai"
      ? openaiOf(settings).embedding("text-embedding-3-small")
      : googleOf(settings).embedding("gemini-embedding-001");
  const { embeddings } = await embedMany({ model, values: ["a", "b"] });
  expect(embeddings).toHaveLength(2);
  await expectOnlyTheKey(provider, owner);
});
