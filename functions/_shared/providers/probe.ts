/** The requests of a check: the list of models, and the shortest generation of one of them. */
import type { Dialect } from "../../../catalogue/types.ts";
import { isRecord } from "../json.ts";
import type { Probe, Provider } from "./types.ts";

/** Free: lists models. */
export function listingProbe({ check }: Provider): Probe {
  return { path: check.listing };
}

const oneWord = "Hi";

/** The least output that the Responses endpoint lets one ask for, in tokens. */
const minResponseTokens = 16;

/** Costs one token: generates with a model. */
export function generationProbe({ api }: Provider, model: string): Probe {
  return { path: api.generation.replace("{model}", () => encodeModel(model)), body: bodies[api.dialect](model) };
}

/** The same at the Responses endpoint; undefined where the provider has none. */
export function responsesProbe({ api }: Provider, model: string): Probe | undefined {
  if (api.responses === undefined) return undefined;
  const body = { model, input: oneWord, max_output_tokens: minResponseTokens, store: false };
  return { path: api.responses, body };
}

/** Whether only the Responses endpoint serves a model, by its name. */
export function isResponsesOnly({ api, check }: Provider, model: string): boolean {
  return api.responses !== undefined && matches(check.responsesOnly, model);
}

const bodies: Readonly<Record<Dialect, (model: string) => unknown>> = {
  openai: (model) => ({ model, messages: [{ role: "user", content: oneWord }], max_completion_tokens: 1 }),
  anthropic: (model) => ({ model, messages: [{ role: "user", content: oneWord }], max_tokens: 1 }),
  google: () => ({
    contents: [{ role: "user", parts: [{ text: oneWord }] }],
    generationConfig: { maxOutputTokens: 1 },
  }),
};

/** A model's name within a path; Google lists it with its collection, `models/`. */
function encodeModel(model: string): string {
  return encodeURIComponent(model.replace(/^models\//, ""));
}

/** Longest name of a model that is asked. */
const maxModelLength = 256;

/** The models of a list that can chat, those to ask first at the beginning: the cheapest, and of these the newest. */
export function chatModels({ check }: Provider, listing: unknown): string[] {
  const rows = isRecord(listing) ? (listing.data ?? listing.models) : undefined;
  const models = (Array.isArray(rows) ? rows : []).flatMap((row) => {
    const id: unknown = isRecord(row) ? (row.id ?? row.name) : undefined;
    return typeof id === "string" && id !== "" && id.length <= maxModelLength && generates(row) ? [id] : [];
  });
  const ranked = models
    .filter((model) => !matches(check.cannotChat, model))
    .map((model) => ({ model, rank: rankOf(check.cheapest, model) }));
  ranked.sort((a, b) => a.rank - b.rank || b.model.localeCompare(a.model, "en", { numeric: true }));
  return ranked.map(({ model }) => model);
}

/** Google says so itself; a list that does not is no reason to leave a model out. */
function generates(row: Record<string, unknown>): boolean {
  const methods = row.supportedGenerationMethods;
  return !Array.isArray(methods) || methods.includes("generateContent");
}

function rankOf(cheapest: readonly string[], model: string): number {
  const rank = cheapest.findIndex((pattern) => matches(pattern, model));
  return rank === -1 ? cheapest.length : rank;
}

function matches(pattern: string | undefined, model: string): boolean {
  return pattern !== undefined && new RegExp(pattern, "i").test(model);
}
