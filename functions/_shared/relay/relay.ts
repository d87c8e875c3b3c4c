/** Asking a provider: redirects, timeouts, and what is no answer. */
import { ByokError } from "../errors.ts";
import { limitWait } from "../waits.ts";

export interface Outbound {
  readonly url: string;
  readonly method: string;
  readonly headers: HeadersInit;
  /**
   * A stream made in JavaScript, never text nor the body of a request as it came: what Deno's fetch holds in memory it sends
   * again when a kept connection breaks, and the provider would be asked, and charge, twice.
   */
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>> | null;
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal;
  /** How long to wait for the first byte of the answer, in ms. */
  readonly timeout_ms: number;
  /** Where a redirect leads, if the API key may go there; null if not. Without it no redirect is followed. */
  readonly redirectedTo?: (location: string, asked: string) => string | null;
}

/** Most redirects of one request that are followed. */
const maxRedirects = 3;
/** https://www.rfc-editor.org/rfc/rfc9110#section-15.4 */
const redirects = [301, 302, 303, 307, 308];

/**
 * Sends a request to a provider. `fetch` follows no redirect: it would take the API key and the body along. We follow one of a request
 * without a body, to where the key may go.
 *
 * @throws ByokError `provider_unreachable`, `provider_timeout`, `provider_misbehaved` for what cannot be passed on
 */
export async function askProvider(outbound: Outbound): Promise<Response> {
  const { signal, timeout_ms } = outbound;
  // One signal for both: AbortSignal.any() costs several times as much, most of it garbage.
  const ended = new AbortController();
  const end = () => ended.abort();
  let isLate = false;
  const endWait = limitWait(timeout_ms, () => {
    isLate = true;
    end();
  });
  if (signal.aborted) end();
  else signal.addEventListener("abort", end);
  let answer: Response;
  try {
    answer = await fetchAnswer(outbound, ended.signal);
  } catch {
    // The error of a failed fetch can hold the URL and the headers.
    throw new ByokError(isLate ? "provider_timeout" : "provider_unreachable");
  } finally {
    endWait();
    // From here on a client that leaves ends the answer's body. Were the signal to do so, Deno 2.1 would reject a promise of its
    // own that nobody can catch, which ends the isolate and everybody's calls with it.
    signal.removeEventListener("abort", end);
  }
  if (canBePassedOn(answer)) return answer;
  await answer.body?.cancel();
  throw new ByokError("provider_misbehaved");
}

async function fetchAnswer(
  { url, method, headers, body, redirectedTo }: Outbound,
  signal: AbortSignal,
): Promise<Response> {
  const init: RequestInit & { duplex: "half" } = { method, headers, body, redirect: "manual", signal, duplex: "half" };
  const isFollowable = body === null && (method === "GET" || method === "HEAD");
  let asked = url;
  let answer = await fetch(asked, init);
  for (let followed = 0; followed < maxRedirects && redirects.includes(answer.status); followed++) {
    const location = answer.headers.get("location");
    const next = isFollowable && location ? redirectedTo?.(location, asked) : null;
    if (!next) break;
    await answer.body?.cancel();
    asked = next;
    answer = await fetch(asked, init);
  }
  return answer;
}

/**
 * Only 2xx, 4xx and 5xx with an uncompressed body, which the request asked for: a key inside a compressed body could not be found.
 * Deno 2.1 unpacks gzip and br and hides their encoding, so such a body reads as any other.
 */
function canBePassedOn({ status, headers }: Response): boolean {
  const isPlain = (headers.get("content-encoding") ?? "identity") === "identity";
  return isPlain && ((status >= 200 && status <= 299) || (status >= 400 && status <= 599));
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
