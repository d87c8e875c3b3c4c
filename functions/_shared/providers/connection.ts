/** OAuth with PKCE (RFC 7636): the provider makes an API key for a user who agreed there, and hands it to the functions alone. */
import { readPastedKey } from "../../../catalogue/pasted-keys.ts";
import { ByokError } from "../errors.ts";
import { parseJson, valueAt } from "../json.ts";
import type { Provider } from "./types.ts";
import { readAtMost } from "../read-at-most.ts";

/** The code that the user came back with, and the secret whose hash they left with. */
export interface AuthorizationGrant {
  readonly code: string;
  /** 43 to 128 unreserved characters (RFC 7636, section 4.1). */
  readonly codeVerifier: string;
}

export interface ExchangeOptions {
  /** Where the provider is: `https://host`. */
  readonly origin: string;
  readonly timeout_ms: number;
}

/** Longest answer with a key, in characters. */
const maxAnswerLength = 64 * 1024;

/**
 * The API key that the provider gives for a code, which is good for one exchange.
 *
 * @throws ByokError `invalid_request` where the provider makes no keys in this way; `code_refused`; `provider_unreachable`;
 * `provider_misbehaved` for an answer without a key
 */
export async function exchangeCode(
  { name, keys }: Provider,
  { code, codeVerifier }: AuthorizationGrant,
  { origin, timeout_ms }: ExchangeOptions,
): Promise<string> {
  if (!keys.connection) {
    throw new ByokError("invalid_request", {
      message: `${name} makes no keys in this way: paste one.`,
      details: { field: "code" },
    });
  }
  let status: number;
  let body: unknown;
  try {
    const answer = await fetch(`${origin}${keys.connection.exchangePath}`, {
      method: "POST",
      headers: { accept: "application/json", "accept-encoding": "identity", "content-type": "application/json" },
      body: JSON.stringify({ code, code_verifier: codeVerifier, code_challenge_method: "S256" }),
      redirect: "manual",
      signal: AbortSignal.timeout(timeout_ms),
    });
    status = answer.status;
    body = parseJson(await readAtMost(answer, maxAnswerLength));
  } catch {
    // The error of a failed fetch can hold the body.
    throw new ByokError("provider_unreachable");
  }
  if (status >= 400 && status < 500 && status !== 429) throw new ByokError("code_refused");
  const key = valueAt(body, "key");
  const read = typeof key === "string" ? readPastedKey(key) : null;
  if (status !== 200 || !read || !("apiKey" in read) || read.apiKey !== key) throw new ByokError("provider_misbehaved");
  return key;
}
