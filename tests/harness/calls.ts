/** The same question to each provider, in its own words, through the function `call` with plain fetch. */
import type { Dialect } from "../../catalogue/types.ts";
import { type ProviderId, providers } from "../../functions/_shared/providers/index.ts";
import type { MainProvider } from "./providers/main.ts";
import { type Caller, functionsUrlOf } from "./users.ts";

/** A model of each provider that platform credits may buy. */
export const platformModels: Record<MainProvider, string> = {
  openai: "gpt-4.1-mini",
  anthropic: "claude-haiku-4-5",
  google: "gemini-3.5-flash-lite",
  groq: "openai/gpt-oss-20b",
};

export type Operation = "kernel_build" | "doc_generation" | "single_doc_regen";

/** Price in credits. */
export const prices: Record<Operation, number> = { kernel_build: 20, doc_generation: 10, single_doc_regen: 2 };

export interface Question {
  text?: string;
  model?: string;
  stream?: boolean;
  /** Fields of the body beside the usual ones. */
  more?: Record<string, unknown>;
  operation?: Operation | (string & {});
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** Asks a provider for a short text; the fakes answer `Echo: <text>`. */
export function ask(user: Caller, provider: ProviderId, question: Question = {}): Promise<Response> {
  const { operation, headers, signal } = question;
  const { path, body } = generation(provider, question);
  return call(user, path, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...providers[provider].api.headers,
      ...(operation ? { "x-byok-operation": operation } : {}),
      ...headers,
    },
    body: JSON.stringify(body),
    ...(signal ? { signal } : {}),
  });
}

/** A request to `call`; the path begins with the provider. */
export function call(user: Caller, path: string, { headers, ...init }: RequestInit = {}): Promise<Response> {
  return fetch(callUrl(user, path), {
    ...init,
    headers: { authorization: `Bearer ${user.accessToken}`, ...headers } as HeadersInit,
  });
}

export function callUrl(user: Caller, path: string): string {
  return `${functionsUrlOf(user.stack)}/call/${path}`;
}

/** Path, below `call`, and body of a generation. */
export function generation(
  provider: ProviderId,
  { text = "hello", model = modelOf(provider), stream = false, more = {} }: Question = {},
): { path: string; body: Record<string, unknown> } {
  const { api } = providers[provider];
  const path = ((stream && api.stream) || api.generation).replace("{model}", () => model);
  return { path: `${provider}${path}`, body: { ...bodyOf(api.dialect, { text, model, stream }), ...more } };
}

function modelOf(provider: ProviderId): string {
  const models: Partial<Record<ProviderId, string>> = platformModels;
  return models[provider] ?? providers[provider].models.chat[0] ?? "";
}

function bodyOf(dialect: Dialect, { text, model, stream }: Required<Pick<Question, "text" | "model" | "stream">>) {
  if (dialect === "google") return { contents: [{ role: "user", parts: [{ text }] }] };
  return {
    ...{ model, messages: [{ role: "user", content: text }] },
    ...(dialect === "anthropic" ? { max_tokens: 100 } : {}),
    ...(stream ? { stream } : {}),
  };
}

/** The text of an answer to `ask` that was not streamed. */
export function textOf(provider: ProviderId, body: any): string {
  switch (providers[provider].api.dialect) {
    case "openai":
      return body.choices[0].message.content;
    case "anthropic":
      return body.content[0].text;
    case "google":
      return body.candidates[0].content.parts[0].text;
  }
}

/** The text of a streamed answer, put together from its server-sent events. */
export function textOfStream(provider: ProviderId, events: string): string {
  const data = events.split("\n").flatMap((line) => /^data: (\{.*)$/.exec(line)?.[1] ?? []);
  return data.map((json) => deltaOf(provider, JSON.parse(json))).join("");
}

function deltaOf(provider: ProviderId, event: any): string {
  switch (providers[provider].api.dialect) {
    case "openai":
      return event.choices?.[0]?.delta?.content ?? "";
    case "anthropic":
      return event.delta?.text ?? "";
    case "google":
      return event.candidates?.[0]?.content?.parts?.[0]?.text ?? "";
  }
}

/** The code of our own refusal; null for an answer of the provider. */
export function refusalOf(response: Response): string | null {
  return response.headers.get("x-byok-error");
}
