/** The requests of a check: the list of models, and the shortest generation of one of them. */
import type { Dialect } from "../../../catalogue/types.ts";
import { isRecord, valueAt } from "../json.ts";
import type { Probe, Provider } from "./types.ts";

/** Free: lists models. Undefined where the provider has no list. */
export function listingProbe({ check }: Provider): Probe | undefined {
  return check.listing === undefined ? undefined : { path: check.listing };
}

const oneWord = "Hi";

/** The least output that the Responses endpoint lets one ask for, in tokens. */
const minResponseTokens = 16;

/** Costs one token: generates with a model. */
export function generationProbe({ api }: Provider, model: string): Probe {
  const path = api.generation.replace("{model}", () => encodeModel(model));
  return { path, body: bodies[api.dialect](model, api.limitField) };
}

/** The same at the Responses endpoint; undefined where the provider has none. */
export function responsesProbe({ api }: Provider, model: string): Probe | undefined {
  if (api.responses === undefined) return undefined;
  const body = { model, input: oneWord, max_output_tokens: minResponseTokens, store: false };
  return { path: api.responses, body };
}

/**
 * Whether a path generates or lists models, which any key is for. Other endpoints may refuse a key that works: those of an
 * organization want an admin's, some of Google's an account.
 */
export function provesKeys({ api, check }: Provider, path: string): boolean {
  const { base = "", paths = [] } = api.compatible ?? {};
  const [beforeModel = "", afterModel] = api.generation.split("{model}");
  const isOfModel = afterModel !== undefined && path.startsWith(beforeModel) && path.includes(":");
  const whole = [api.generation, api.responses, check.listing?.replace(/\?.*/, ""), ...paths.map((one) => base + one)];
  return isOfModel || whole.includes(path);
}

/** Whether only the Responses endpoint serves a model, by its name. */
export function isResponsesOnly({ api, check }: Provider, model: string): boolean {
  return api.responses !== undefined && matches(check.responsesOnly, model);
}

const bodies: Readonly<Record<Dialect, (model: string, limitField?: string) => unknown>> = {
  openai: (model, limitField = "max_completion_tokens") => {
    return { model, messages: [{ role: "user", content: oneWord }], [limitField]: 1 };
  },
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

/** The rows of a list of models, in whichever of the forms that providers use. */
function rowsOf(listing: unknown): unknown[] {
  const rows = isRecord(listing) ? (listing.data ?? listing.models) : listing;
  return Array.isArray(rows) ? rows : [];
}

/** The name of a listed model; undefined for a row that has none. */
function nameOf(row: unknown): string | undefined {
  const id: unknown = isRecord(row) ? (row.id ?? row.name) : undefined;
  return typeof id === "string" && id !== "" && id.length <= maxModelLength ? id : undefined;
}

/** All models of a list, by the names that requests have for them. */
export function listedModels(listing: unknown): string[] {
  return rowsOf(listing).flatMap((row) => nameOf(row)?.replace(/^models\//, "") ?? []);
}

/** The models of a list that can chat, those to ask first at the beginning: the cheapest, and of these the newest. */
export function chatModels({ check }: Provider, listing: unknown): string[] {
  const chat = rowsOf(listing).filter((row) => isChat(check.chatField, row) && generates(row));
  const models = chat.flatMap((row) => nameOf(row) ?? []);
  const ranked = models
    .filter((model) => !matches(check.cannotChat, model))
    .map((model) => ({ model, rank: rankOf(check.cheapest, model) }));
  ranked.sort((a, b) => a.rank - b.rank || b.model.localeCompare(a.model, "en", { numeric: true }));
  return ranked.map(({ model }) => model);
}

/** Google says so itself; a list that does not is no reason to leave a model out. */
function generates(row: unknown): boolean {
  const methods = valueAt(row, "supportedGenerationMethods");
  return !Array.isArray(methods) || methods.includes("generateContent");
}

/** A row that does not have the field at all is no reason to leave its model out either. */
function isChat(field: Provider["check"]["chatField"], row: unknown): boolean {
  const value = field && valueAt(row, field.path);
  return value === undefined || String(value) === field?.value;
}

function rankOf(cheapest: readonly string[], model: string): number {
  const rank = cheapest.findIndex((pattern) => matches(pattern, model));
  return rank === -1 ? cheapest.length : rank;
}

function matches(pattern: string | undefined, model: string): boolean {
  return pattern !== undefined && new RegExp(pattern, "i").test(model);
}
