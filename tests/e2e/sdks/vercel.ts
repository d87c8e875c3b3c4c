/** Vercel's `ai` with its packages for the four providers: a row for each. */
import { createAnthropic } from "@ai-sdk/anthropic";
import { createGoogleGenerativeAI } from "@ai-sdk/google";
import { createGroq } from "@ai-sdk/groq";
import { createOpenAI } from "@ai-sdk/openai";
import { APICallError, generateText, jsonSchema, type LanguageModel, stepCountIs, streamText, tool } from "ai";
import { type MainProvider, mainProviders } from "../../harness/providers/main.ts";
import { platformModels as models } from "../../harness/calls.ts";
import { collect } from "../../harness/streams.ts";
import { hello, question, type Sdk, type Settings, weather } from "./sdk.ts";

type ProviderSettings = Omit<Settings, "maxRetries" | "timeout">;

export const openAiOf = ({ url, ...settings }: ProviderSettings) => createOpenAI({ ...settings, baseURL: `${url}/v1` });
export const googleOf = ({ url, ...settings }: ProviderSettings) =>
  createGoogleGenerativeAI({ ...settings, baseURL: `${url}/v1beta` });

export const modelOf: Record<MainProvider, (settings: ProviderSettings) => LanguageModel> = {
  openai: (settings) => openAiOf(settings)(models.openai),
  anthropic: ({ url, ...settings }) => createAnthropic({ ...settings, baseURL: `${url}/v1` })(models.anthropic),
  google: (settings) => googleOf(settings)(models.google),
  groq: ({ url, ...settings }) => createGroq({ ...settings, baseURL: `${url}/openai/v1` })(models.groq),
};

/** A tool that says where it is sunny, and remembers where it was asked about. */
export function weatherTool() {
  const cities: string[] = [];
  const execute = ({ city }: { city: string }) => {
    cities.push(city);
    return `sunny in ${city}`;
  };
  const inputSchema = jsonSchema<{ city: string }>(weather.parameters);
  return { cities, tools: { weather: tool({ inputSchema, execute }) } };
}

const rowOf = (provider: MainProvider): Sdk => ({
  ...{ name: `AI SDK for ${provider}`, provider },
  open({ maxRetries, timeout: _, ...settings }) {
    const request = { model: modelOf[provider](settings), ...(maxRetries !== undefined && { maxRetries }) };
    return {
      async ask() {
        const { text, usage, response } = await generateText({ ...request, prompt: hello.content });
        return { text, tokens: [usage.inputTokens, usage.outputTokens], headers: new Headers(response.headers) };
      },
      async stream() {
        const stream = streamText({ ...request, prompt: hello.content });
        const texts = await collect(stream.textStream);
        const { inputTokens, outputTokens } = await stream.usage;
        return { pieces: texts.length, text: texts.join(""), end: [inputTokens, outputTokens] };
      },
      async useTool(isExplicit) {
        const { cities, tools } = weatherTool();
        const { text } = await generateText({
          ...{ ...request, tools, messages: [question], stopWhen: stepCountIs(2) },
          // Without it, the second step would refer to what OpenAI has stored.
          ...(isExplicit && { providerOptions: { openai: { store: false } } }),
        });
        return { city: cities[0], text };
      },
    };
  },
  end: [2, 3],
  isError: (error) => APICallError.isInstance(error),
  readError({ statusCode: status, message, responseHeaders, responseBody, isRetryable }) {
    const headers = new Headers(responseHeaders);
    const { error } = JSON.parse(responseBody);
    const details = error.details?.[0].metadata ?? error;
    return { status, message, code: headers.get("x-byok-error"), details, headers, isRetryable };
  },
  ownErrors: [{ behaviour: "rate_limited", name: "APIError", status: 429, code: null, message: "" }],
  attempts: provider === "openai" ? { down: 3, refusal: 3, conflict: 3, loss: 3 } : null,
  hasTimeout: false,
});

export const aiSdks = mainProviders.map(rowOf);
