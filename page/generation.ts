/** One streamed question to each provider, in its own words, and the text in what it answers. */
import { catalogue, type ProviderId } from "../catalogue/index.ts";
import type { Dialect, Provider } from "../catalogue/types.ts";

/** A model of each provider of which credits buy one. */
const models: Readonly<Partial<Record<ProviderId, string>>> = {
  openai: "gpt-4.1-mini",
  anthropic: "claude-haiku-4-5",
  google: "gemini-3.5-flash-lite",
  groq: "openai/gpt-oss-20b",
};

/** The model that is proposed for a provider. */
export function modelOf(provider: ProviderId): string {
  return models[provider] ?? catalogue[provider].models.chat[0] ?? "";
}

export interface Generation {
  /** Below `call/<provider>`. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: object;
}

const bodies: Record<Dialect, (model: string, prompt: string) => object> = {
  openai: (model, prompt) => ({ model, messages: [{ role: "user", content: prompt }], stream: true }),
  anthropic: (model, prompt) => {
    return { model, messages: [{ role: "user", content: prompt }], max_tokens: 1024, stream: true };
  },
  google: (_, prompt) => ({ contents: [{ role: "user", parts: [{ text: prompt }] }] }),
};

export function generation(provider: ProviderId, model: string, prompt: string): Generation {
  const { api }: Provider = catalogue[provider];
  const path = (api.stream ?? api.generation).replace("{model}", () => encodeURIComponent(model));
  return { path, headers: api.headers, body: bodies[api.dialect](model, prompt) };
}

/** The same, whose answer comes in one piece. */
export function wholeGeneration(provider: ProviderId, model: string, prompt: string): Generation {
  const { api }: Provider = catalogue[provider];
  const { stream: _, ...body } = bodies[api.dialect](model, prompt) as Record<string, unknown>;
  const path = api.generation.replace("{model}", () => encodeURIComponent(model));
  return { path, headers: api.headers, body };
}

/**
 * The pieces of text in a stream of server-sent events, as they arrive.
 *
 * @throws Error with the provider's words when it reports a failure in the middle, and with ours when it breaks off
 */
export async function* readText(provider: ProviderId, body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  for await (const line of readLines(body)) {
    const json = /^data: ?(\{.*)$/.exec(line)?.[1];
    if (!json) continue;
    const event = parse(json);
    if (event.error) throw new Error(String(event.error.message ?? "The provider broke off."));
    yield texts[catalogue[provider].api.dialect](event) ?? "";
  }
}

function parse(json: string): any {
  try {
    return JSON.parse(json);
  } catch {
    throw new Error("The provider answered something that cannot be read.");
  }
}

const texts: Record<Dialect, (event: any) => string | undefined> = {
  openai: (event) => event.choices?.[0]?.delta?.content,
  anthropic: (event) => event.delta?.text,
  google: (event) => event.candidates?.[0]?.content?.parts?.[0]?.text,
};

async function* readLines(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>).getReader();
  const next = () =>
    reader.read().catch(() => {
      throw new Error("The answer broke off before its end.");
    });
  let rest = "";
  for (let read = await next(); !read.done; read = await next()) {
    const lines = (rest + read.value).split(/\r?\n/);
    rest = lines.pop() ?? "";
    yield* lines;
  }
  yield rest;
}
