/** Checks a request on credits, which the platform's own key pays. BYOK requests never come here. */
import { offers } from "../../../catalogue/offers/index.ts";
import type { Offer } from "../../../catalogue/offers/types.ts";
import { ByokError } from "../errors.ts";
import { isRecord } from "../json.ts";
import type { ProviderId } from "../providers/index.ts";
import { type Copying, copyShape, notOffered } from "./shapes.ts";

/** A request that credits may pay, told by its method and path. */
export interface OfferedRequest {
  readonly offer: Offer;
  /** The model, where the path names it. */
  readonly pathModel: string | undefined;
}

/** The limits of an operation with a model. */
export interface OfferLimits {
  readonly maxOutputTokens: number;
  readonly max_input_bytes: number;
  /** Whether the provider's token counts are needed: a stream is then asked to end with them. */
  readonly needsUsage?: boolean;
}

export interface CheckedRequest {
  readonly model: string;
  /** The body to send, as JSON text. */
  readonly body: string;
  /** The most output tokens that the body asks for; 0 where there is no output in tokens. */
  readonly maxOutputTokens: number;
  readonly input_bytes: number;
  /** No request with this body has more input tokens: a byte of text is one at most, and media cost by the piece. */
  readonly maxInputTokens: number;
}

/** Tokens that a provider adds to a request: templates of messages, and its words about tools. */
const providerTokens = 1_000;

const compiled = Object.entries(offers).map(
  ([provider, list]) => [provider, list.map((offer) => ({ offer, path: new RegExp(offer.path) }))] as const,
);
const byProvider = new Map(compiled);

/** The offer for a path; undefined where credits never pay. */
export function findOffer(provider: ProviderId, method: string, path: string): OfferedRequest | undefined {
  if (method !== "POST") return undefined;
  for (const { offer, path: pattern } of byProvider.get(provider) ?? []) {
    const match = pattern.exec(path);
    if (match) return { offer, pathModel: match.groups?.model };
  }
  return undefined;
}

/** Whether credits buy anything of a provider. */
export function hasOffers(provider: ProviderId): boolean {
  return byProvider.has(provider);
}

/**
 * The body as the platform sends it: made of what the offer names, its output limited, nothing stored, and the user named by a
 * hash of the platform's. Pure: nothing is asked or written.
 *
 * @param limitsOf what the operation allows for a model; undefined where it does not buy it
 * @param userHash names the user to the provider
 * @throws ByokError `not_offered` naming the model or field that credits do not buy; `body_too_large` where media weigh too much
 */
export function checkOffer(
  { offer, pathModel }: OfferedRequest,
  body: Record<string, unknown>,
  limitsOf: (model: string) => OfferLimits | undefined,
  userHash: string,
): CheckedRequest {
  const model = pathModel ?? body.model;
  const limits = typeof model === "string" ? limitsOf(model) : undefined;
  if (typeof model !== "string" || limits === undefined) throw notOffered(["model"], "This model");
  const copying: Copying = {
    model,
    readsSnakeCase: offer.readsSnakeCase ?? false,
    met: { image: 0, document: 0, mediaChars: 0 },
  };
  const copied = copyShape(body, offer.body, copying) as Record<string, unknown>;
  const maxOutputTokens = limitOutput(copied, offer, limits.maxOutputTokens);
  for (const [field, value] of Object.entries(offer.always ?? {})) copied[field] = value;
  if (offer.userHash) put(copied, offer.userHash, userHash);
  if (limits.needsUsage && copied.stream === true && offer.streamUsage) put(copied, offer.streamUsage, true);
  return { model, maxOutputTokens, ...measure(copied, offer, copying.met, limits.max_input_bytes) };
}

/** Of a query only `alt=sse` is the client's to choose. An answer in another form would be paid for and not be passed on. */
export function offeredSearch(search: string): string {
  return new URLSearchParams(search).get("alt") === "sse" ? "?alt=sse" : "";
}

/**
 * Sets one limit of output tokens, which the client may lower and never raise. Some models know only one of its names, and of a
 * body with two a model may read either.
 */
function limitOutput(body: Record<string, unknown>, { limit }: Offer, maxTokens: number): number {
  if (!limit) return 0;
  const at = limit.within === undefined ? body : recordIn(body, limit.within);
  const asked = limit.names.filter((name) => typeof at[name] === "number");
  const least = Math.min(maxTokens, ...asked.map((name) => at[name] as number));
  for (const name of limit.names) delete at[name];
  at[asked[0] ?? (limit.names[0] as string)] = least;
  return Math.ceil(least);
}

function put(body: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [first, second] = path as [string, string?];
  if (second === undefined) body[first] = value;
  else recordIn(body, first)[second] = value;
}

/** The object under a field, made if it is not there. */
function recordIn(body: Record<string, unknown>, field: string): Record<string, unknown> {
  const found = body[field];
  const object = isRecord(found) ? found : {};
  body[field] = object;
  return object;
}

/** Media weigh what they may cost in tokens, so that `max_input_bytes` limits what the input costs. */
function measure(copied: Record<string, unknown>, offer: Offer, met: Copying["met"], max_input_bytes: number) {
  const body = JSON.stringify(copied);
  const input_bytes = new TextEncoder().encode(body).length;
  const { image = 0, document = 0 } = offer.mediaTokens ?? {};
  const tokens = input_bytes - met.mediaChars + met.image * image + met.document * document;
  if (met.image + met.document > 0 && tokens > max_input_bytes) {
    throw new ByokError("body_too_large", {
      message: `The request body may have ${max_input_bytes} bytes, where an image counts as ${image} and a document as ${document} at least.`,
      details: { max_bytes: max_input_bytes },
    });
  }
  return { body, input_bytes, maxInputTokens: tokens + providerTokens };
}
