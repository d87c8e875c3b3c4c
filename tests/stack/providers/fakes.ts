/** Fakes of the providers for the tests beside this file, and plain requests to them. */
import { catalogue } from "../../../catalogue/index.ts";
import { afterAll, beforeAll, expect } from "vitest";
import { type FakeProviders, type RecordedRequest, startFakeProviders } from "../../../stack/providers/index.ts";
import { type MainProvider } from "../../harness/providers/main.ts";

/** They refuse leaked headers. */
export let fakes: FakeProviders;
/** SDKs may talk to these with headers of their own. */
export let lenient: FakeProviders;

/** Starts both for the tests of a file. */
export function withFakes(): void {
  beforeAll(async () => {
    fakes = await startFakeProviders();
    lenient = await startFakeProviders({ checksLeaks: false });
  });
  afterAll(async () => {
    await fakes.stop();
    await lenient.stop();
  });
}

export const listingPaths: Record<MainProvider, string> = {
  openai: "/v1/models",
  anthropic: "/v1/models?limit=1",
  google: "/v1beta/models",
  groq: "/openai/v1/models",
};

export function credential(provider: MainProvider, key: string): Record<string, string> {
  if (provider === "anthropic") return { "x-api-key": key, "anthropic-version": "2023-06-01" };
  return provider === "google" ? { "x-goog-api-key": key } : { authorization: `Bearer ${key}` };
}

export function list(provider: MainProvider, key: string, headers: Record<string, string> = {}) {
  const url = `${fakes.origins[provider]}${listingPaths[provider]}`;
  return fetch(url, { headers: { ...credential(provider, key), ...headers }, redirect: "manual" });
}

interface Generation {
  text?: string;
  stream?: boolean;
  maxTokens?: number;
  signal?: AbortSignal;
}

export function generate(
  provider: MainProvider,
  key: string,
  { text = "hello", stream = false, ...rest }: Generation = {},
) {
  const max_tokens = rest.maxTokens ?? 100;
  const verb = stream ? "streamGenerateContent?alt=sse" : "generateContent";
  const paths = {
    openai: "/v1/chat/completions",
    anthropic: "/v1/messages",
    google: `/v1beta/models/gemini-3.5-flash-lite:${verb}`,
    groq: "/openai/v1/chat/completions",
  };
  const body =
    provider === "google"
      ? { contents: [{ role: "user", parts: [{ text }] }], generationConfig: { maxOutputTokens: max_tokens } }
      : { model: catalogue[provider].models.chat[0], messages: [{ role: "user", content: text }], stream, max_tokens };
  return fetch(`${fakes.origins[provider]}${paths[provider]}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...credential(provider, key) },
    body: JSON.stringify(body),
    redirect: "manual",
    ...(rest.signal ? { signal: rest.signal } : {}),
  });
}

export async function recorded(provider: MainProvider, key: string, gone = false): Promise<RecordedRequest[]> {
  const query = new URLSearchParams({ key, ...(gone ? { gone: "1" } : {}) });
  const response = await fetch(`${fakes.origins[provider]}/__fake/requests?${query}`);
  expect(response.status).toBe(200);
  return (await response.json()) as RecordedRequest[];
}

export async function readUntil(response: Response, enough: (text: string) => boolean): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (enough(text)) break;
  }
  return text;
}
