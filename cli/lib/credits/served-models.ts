/** Asks providers which models they serve, with the platform's own keys. Nothing of a key or of an error is ever in what comes back. */
import { catalogue, type ProviderId } from "../../../catalogue/index.ts";
import { isPlaceOf, originAt } from "../../../catalogue/places.ts";
import type { PlacedKey, Provider } from "../../../catalogue/types.ts";
import type { Price } from "./prices.ts";

export interface ServedModel {
  readonly provider: string;
  readonly model: string;
  /** The operations that name it, in alphabetical order. */
  readonly operations: readonly string[];
  /** `unknown` if the provider could not be asked: no key, a refusal, no answer. */
  readonly status: "served" | "not_served" | "unknown";
}

export interface Asking {
  readonly platformKeys: Readonly<Record<string, PlacedKey>>;
  /** Other addresses of providers, as BYOK_PROVIDER_ORIGINS has them. */
  readonly origins: Readonly<Record<string, string>>;
  /** How long a provider may take, in ms. */
  readonly timeout_ms: number;
}

/** Each priced model, and whether its provider still lists it. */
export async function servedModels(prices: readonly Price[], asking: Asking): Promise<ServedModel[]> {
  const byModel = Map.groupBy(prices, ({ provider, model }) => JSON.stringify([provider, model]));
  const listed = new Map<string, readonly string[] | null>();
  for (const provider of new Set(prices.map((price) => price.provider))) {
    listed.set(provider, await listModels(provider, asking));
  }
  return [...byModel.values()].map((rows) => {
    const { provider, model } = rows[0]!;
    const ids = listed.get(provider) ?? null;
    const status = ids === null ? "unknown" : ids.some((id) => isModel(id, model)) ? "served" : "not_served";
    return { provider, model, operations: rows.map(({ operation }) => operation).sort(), status };
  });
}

/** Whether a listed id is that model, or the dated one that an alias without a date stands for. */
function isModel(id: string, model: string): boolean {
  return id === model || (id.startsWith(`${model}-`) && /^\d{8}$/.test(id.slice(model.length + 1)));
}

async function listModels(id: string, { platformKeys, origins, timeout_ms }: Asking): Promise<string[] | null> {
  const provider: Provider | undefined = Object.hasOwn(catalogue, id) ? catalogue[id as ProviderId] : undefined;
  const { apiKey, place = null } = platformKeys[id] ?? {};
  if (!provider?.check.listing || !apiKey || !isPlaceOf(provider, place)) return null;
  const { header, before } = provider.api.authentication;
  try {
    const answer = await fetch(
      `${origins[`${id}/${place}`] ?? origins[id] ?? originAt(provider, place)}${provider.check.listing}`,
      {
        headers: { accept: "application/json", ...provider.api.headers, [header]: `${before}${apiKey}` },
        redirect: "manual",
        signal: AbortSignal.timeout(timeout_ms),
      },
    );
    return answer.status === 200 ? idsOf(await answer.json()) : null;
  } catch {
    // The error of a failed fetch can hold the URL and the headers.
    return null;
  }
}

/** `data[].id` or `[].id`, or Google's `models[].name` without the `models/` before it. */
function idsOf(listing: unknown): string[] | null {
  const { data, models } = (listing ?? {}) as { data?: unknown; models?: unknown };
  const rows = [data, models, listing].find((list) => Array.isArray(list));
  if (!Array.isArray(rows)) return null;
  return rows.flatMap(({ id, name }: { id?: unknown; name?: unknown }) => {
    const named = id ?? name;
    return typeof named === "string" ? [named.replace(/^models\//, "")] : [];
  });
}
