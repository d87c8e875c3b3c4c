/** Passing a request on to a provider and its answer back: which headers cross, in either direction, and what never does. */
import { ByokError } from "../errors.ts";
import type { Funding } from "../credits/funding.ts";
import { parseJson } from "../json.ts";
import { classify } from "../providers/classify.ts";
import { authenticate } from "../providers/keys.ts";
import type { Provider } from "../providers/types.ts";
import { platformError } from "./platform-error.ts";
import { holdsKey, withoutAccountIds } from "./redaction.ts";
import { readAtMost } from "../providers/verification.ts";

/** Everything else a client sends stays behind: its own authentication, cookies, and what tells who and where it is. */
const forwarded = ["content-type", "accept", "anthropic-version", "x-goog-api-client"];
/** Headers that choose features or an account: the user's own to choose. */
const forwardedUnderByok = ["anthropic-beta", "openai-organization", "openai-project"];
/** What comes back: no cookies, no organisation ids. Lengths and encodings are this hop's own. */
const returned = /^(?:content-type|retry-after|retry-after-ms|request-id|x-request-id|(?:x|anthropic)-ratelimit-.*)$/;

const rateLimit = /-ratelimit-/;

/** Longest error body that is read to judge and redact it, in characters. */
const maxErrorLength = 256 * 1024;
/** What the end of an error that was cut off may hold of a key without being found, in characters: 15 in their longest spelling. */
const maxCutLength = 256;
/** How long the body of an error is waited for, in ms; together with the wait for its first byte less than a function has. */
const maxError_ms = 5_000;

export interface Outbound {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  /**
   * A stream made in JavaScript, never text nor the body of a request as it came: what Deno's fetch holds in memory it sends
   * again when a kept connection breaks, and the provider would be asked, and charge, twice.
   */
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>> | null;
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal;
  /** How long to wait for the first byte of the answer, in ms. */
  readonly timeout_ms: number;
}

/** The headers a provider gets: made from scratch, with the payer's API key. */
export function outboundHeaders(
  client: Headers,
  provider: Provider,
  funding: Pick<Funding, "payer" | "apiKey">,
): Headers {
  const headers = new Headers({ "accept-encoding": "identity" });
  for (const name of funding.payer === "byok" ? [...forwarded, ...forwardedUnderByok] : forwarded) {
    const value = client.get(name);
    if (value !== null) headers.set(name, value);
  }
  // What was checked as JSON is read as JSON: as a form, or in another charset, the same bytes would have other fields.
  if (funding.payer === "platform") headers.set("content-type", "application/json");
  for (const [name, value] of Object.entries(authenticate(provider, funding.apiKey))) headers.set(name, value);
  return headers;
}

/**
 * Sends a request to a provider. Redirects are never followed: fetch would take the API key and the body along.
 *
 * @throws ByokError `provider_unreachable`, `provider_timeout`, `provider_misbehaved` for what cannot be passed on
 */
export async function askProvider({ url, method, headers, body, signal, timeout_ms }: Outbound): Promise<Response> {
  // One signal for both: AbortSignal.any() costs several times as much, most of it garbage.
  const ended = new AbortController();
  const end = () => ended.abort();
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    end();
  }, timeout_ms);
  if (signal.aborted) end();
  else signal.addEventListener("abort", end);
  let answer: Response;
  try {
    const init: RequestInit & { duplex: "half" } = {
      method,
      headers,
      body,
      redirect: "manual",
      signal: ended.signal,
      duplex: "half",
    };
    answer = await fetch(url, init);
  } catch {
    // The error of a failed fetch can hold the URL and the headers.
    throw new ByokError(isLate ? "provider_timeout" : "provider_unreachable");
  } finally {
    clearTimeout(timer);
    // From here on a client that leaves ends the answer's body. Were the signal to do so, Deno 2.1 would reject a promise of its
    // own that nobody can catch, which ends the isolate and everybody's calls with it.
    signal.removeEventListener("abort", end);
  }
  if (canBePassedOn(answer)) return answer;
  await answer.body?.cancel();
  throw new ByokError("provider_misbehaved");
}

/**
 * Only 2xx, 4xx and 5xx with an uncompressed body, which the request asked for: a key inside a compressed body could not be found.
 * Deno 2.1 unpacks gzip and br and hides their encoding, so such a body reads as any other.
 */
function canBePassedOn({ status, headers }: Response): boolean {
  const isPlain = (headers.get("content-encoding") ?? "identity") === "identity";
  return isPlain && ((status >= 200 && status <= 299) || (status >= 400 && status <= 599));
}

/** The provider's answer as the client gets it: status, allowed headers but those that repeat the API key, and the given body. */
export function inbound(
  answer: Response,
  body: BodyInit | null,
  funding: Pick<Funding, "payer" | "apiKey" | "microcredits">,
): Response {
  const headers = new Headers(fundingHeaders(funding));
  for (const [name, value] of answer.headers) {
    if (returned.test(name) && !holdsKey(value, funding.apiKey)) headers.set(name, value);
  }
  // The limits that are told there are those of the operator's account.
  if (funding.payer === "platform")
    for (const name of [...headers.keys()]) if (rateLimit.test(name)) headers.delete(name);
  return new Response(body, { status: answer.status, headers });
}

export function fundingHeaders({
  payer,
  microcredits,
}: Pick<Funding, "payer" | "microcredits">): Record<string, string> {
  return { "x-byok-funding": payer, "x-byok-credits": String(microcredits / 1_000_000) };
}

/**
 * Refuses what is no answer to a generation: credits buy JSON or an event stream, not the page of a proxy in between. A call on
 * the user's own key may be for a file or for audio, so its answers pass whatever they are.
 *
 * @throws ByokError `provider_misbehaved`
 */
export async function requireGeneration(answer: Response): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const isGeneration = /^(?:application\/json|text\/event-stream) *(?:;|$)/i.test(
    answer.headers.get("content-type") ?? "",
  );
  if (answer.body && isGeneration) return answer.body;
  await answer.body?.cancel();
  throw new ByokError("provider_misbehaved");
}

/**
 * A provider's error as the client gets it. Its refusals of a key are never passed on, since they echo parts of the key; any
 * other error is, with the key taken out.
 *
 * @throws ByokError `api_key_rejected` for a user's key; `provider_misbehaved` where the platform's own account is refused, and
 * for a 401 or 403 before the key was looked at: the provider's edge refuses this network, its API this country
 */
export async function inboundError(
  answer: Response,
  provider: Provider,
  funding: Pick<Funding, "payer" | "apiKey">,
): Promise<Response> {
  const text = await readError(answer);
  const { verdict, reason } = classify(provider, { status: answer.status, body: parseJson(text) });
  const isDenied = answer.status === 401 || answer.status === 403;
  const isRefusal = verdict === "rejected" || (isDenied && verdict !== null);
  if (funding.payer === "platform" && (isRefusal || isDenied || answer.status === 402 || verdict === "no_credit"))
    throw new ByokError("provider_misbehaved");
  if (isDenied && verdict === "unverified") throw new ByokError("provider_misbehaved");
  if (isRefusal) {
    throw new ByokError("api_key_rejected", {
      message: `${provider.name} refuses this API key for this request.`,
      details: { verdict, ...(reason ? { reason } : {}) },
    });
  }
  const whole = text.length < maxErrorLength ? text : text.slice(0, -maxCutLength);
  const shown =
    funding.payer === "platform"
      ? JSON.stringify(platformError(answer.status, parseJson(text)))
      : withoutAccountIds(whole);
  if (holdsKey(shown, funding.apiKey)) {
    throw new ByokError("provider_misbehaved", {
      message: "The provider answered with an error that repeats the API key, so it is not passed on.",
    });
  }
  const response = inbound(answer, shown, { ...funding, microcredits: 0 });
  if (funding.payer === "platform") response.headers.set("content-type", "application/json");
  return response;
}

/** The body of an error; empty when it breaks off or does not end in time, and then the status alone speaks. */
async function readError(answer: Response): Promise<string> {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), maxError_ms);
  try {
    return await readAtMost(answer, maxErrorLength, patience.signal);
  } catch {
    return "";
  } finally {
    clearTimeout(timer);
  }
}
