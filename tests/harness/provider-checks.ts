/** The least that has to work with a key at a provider, through the functions: at a fake of it, and at the provider itself. */
import type { Byok } from "../../client/types.ts";
import { type ProviderId, providers } from "../../functions/_shared/providers/index.ts";
import { chatModels } from "../../functions/_shared/providers/probe.ts";
import type { ModelList } from "../../functions/_shared/relay/models.ts";

/** Each step with `ok`, or in short what went wrong. Nothing here repeats a key, or an answer's text. */
export interface ProviderChecks {
  /** The verdict of saving the key, or the code of its refusal. */
  readonly verdict: string;
  /** How many models the address of all providers lists for the key, or why it lists none. */
  readonly models: string;
  readonly chat: string;
  readonly stream: string;
  /** The same question at the address of all providers. */
  readonly unified: string;
  readonly unifiedStream: string;
}

export function isFine({ verdict, models, ...others }: ProviderChecks): boolean {
  return verdict === "verified" && Number(models) > 0 && Object.values(others).every((step) => step === "ok");
}

const question = "Say hello in one short sentence.";
/** Enough for models that think before they answer. */
const maxTokens = 1_000;

/** @param functionsUrl `https://<project>/functions/v1/byok` */
export async function checkProvider(
  byok: Byok,
  functionsUrl: string,
  provider: ProviderId,
  apiKey: string,
): Promise<ProviderChecks> {
  const saved = await byok.save({ provider, key: apiKey });
  const verdict = saved.error?.code ?? saved.data?.verdict ?? "no answer";
  const ask = async (path: string, body?: object) => {
    const { data: token } = await byok.token();
    return await fetch(`${functionsUrl}/call/${path}`, {
      method: body ? "POST" : "GET",
      headers: {
        ...providers[provider].api.headers,
        ...{ authorization: `Bearer ${token}`, "content-type": "application/json" },
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
  };
  const { data, byok: rest } = (await (await ask("v1/models")).json()) as ModelList;
  const own = data.filter((model) => model.owned_by === provider && model.byok.funding === "byok");
  const missing = rest.missing.find((one) => one.provider === provider);
  const listed = { data: own.map(({ id }) => ({ id: id.slice(provider.length + 1) })) };
  const model = chatModels(providers[provider], listed)[0] ?? providers[provider].models.chat[0] ?? "";
  const unified = { model: `${provider}/${model}`, ...chatBody() };
  return {
    verdict,
    models: missing?.code ?? String(own.length),
    chat: await whole(ask(...generation(provider, model, false))),
    stream: await streamed(ask(...generation(provider, model, true))),
    unified: await whole(ask("v1/chat/completions", unified)),
    unifiedStream: await streamed(ask("v1/chat/completions", { ...unified, stream: true })),
  };
}

function chatBody() {
  return { messages: [{ role: "user", content: question }] };
}

function generation(provider: ProviderId, model: string, isStreamed: boolean): [path: string, body: object] {
  const { api } = providers[provider];
  const path = `${provider}${((isStreamed && api.stream) || api.generation).replace("{model}", () => model)}`;
  if (api.dialect === "google") return [path, { contents: [{ role: "user", parts: [{ text: question }] }] }];
  const limit = api.dialect === "anthropic" ? { max_tokens: maxTokens } : {};
  return [path, { model, ...chatBody(), ...limit, ...(isStreamed ? { stream: true } : {}) }];
}

async function whole(asked: Promise<Response>): Promise<string> {
  const answer = await asked;
  const body: unknown = await answer.json().catch(() => null);
  return failureOf(answer) ?? (body === null ? "no JSON" : "ok");
}

async function streamed(asked: Promise<Response>): Promise<string> {
  const answer = await asked;
  const events = (await answer.text().catch(() => "")).split("\n").filter((line) => line.startsWith("data:"));
  return failureOf(answer) ?? (events.length > 1 ? "ok" : "no stream");
}

function failureOf({ status, headers }: Response): string | null {
  if (status !== 200) return headers.get("x-byok-error") ?? headers.get("x-byok-verdict") ?? `HTTP ${status}`;
  return headers.get("x-byok-funding") === "byok" ? null : "not on the key";
}
