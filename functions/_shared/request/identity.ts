/** Who is calling: an access token from any of the places that provider SDKs put it, or a backend job with the secret key. */
import { verifyCredentials } from "@supabase/server/core";
import { tokenIssuer } from "../env.ts";
import { ByokError } from "../errors.ts";
import { LruCache } from "../lru-cache.ts";

export interface Caller {
  /** UUID of the user the request acts for. */
  readonly userId: string;
  /** Whether the user signed in anonymously. */
  readonly isAnonymous: boolean;
}

const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * The user whose access token came as `Authorization: Bearer`; verified against the project's JWKS, without a network call.
 * Anonymous users are refused: whoever may have a new account for each API key can try out as many as they like.
 *
 * @throws ByokError `unauthenticated`
 */
export async function identifyUser(request: Request): Promise<Caller> {
  const caller = await callerOf(bearerToken(request));
  if (!caller) throw new ByokError("unauthenticated");
  if (caller.isAnonymous) {
    throw new ByokError("unauthenticated", { message: "Sign up to save an API key: anonymous users cannot." });
  }
  return caller;
}

/**
 * Lets the operator's own jobs pass, with the project's secret key in `apikey`.
 *
 * @throws ByokError `unauthenticated`
 */
export async function requireSecretKey(request: Request): Promise<void> {
  if (!(await hasSecretKey(request))) {
    throw new ByokError("unauthenticated", { message: "The project's secret key is needed, in the header apikey." });
  }
}

/**
 * The user a call acts for: the owner of the access token, wherever the SDK put it (see `callerToken`), or the user named in
 * `x-byok-user` when the project's secret key is in `apikey`.
 *
 * @throws ByokError `unauthenticated`
 */
export async function identifyUserOrBackend(request: Request): Promise<Caller> {
  const actedFor = request.headers.get("x-byok-user");
  const caller = actedFor === null ? await callerOf(callerToken(request)) : await backendCaller(request, actedFor);
  if (!caller) throw new ByokError("unauthenticated");
  return caller;
}

/** The access token of a request: `Authorization: Bearer`, else `x-api-key`, else `x-goog-api-key`, else `?key=`; empty ones pass. */
export function callerToken(request: Request): string | null {
  return (
    bearerToken(request) ||
    request.headers.get("x-api-key") ||
    request.headers.get("x-goog-api-key") ||
    new URL(request.url).searchParams.get("key")
  );
}

function bearerToken(request: Request): string | null {
  const token = /^Bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
  // Without a session supabase-js sends the project's own key here.
  return token && !token.startsWith("sb_") ? token : null;
}

/**
 * Callers by access tokens that were verified: checking an ES256 signature costs more than all the rest of a call. Nothing is
 * accepted for longer, since a token verified without a network call is good until it expires anyway. Refusals are not kept.
 */
const verified = new LruCache<Caller>({ maxEntries: 1_000, maxAge_ms: 5 * 60_000 });

async function callerOf(token: string | null): Promise<Caller | null> {
  if (!token) return null;
  const known = verified.get(token);
  if (known) return known;
  const issuer = tokenIssuer();
  const { data, error } = await verifyCredentials(
    { token, apikey: null },
    { auth: "user", audience: "authenticated", ...(issuer ? { issuer } : {}) },
  );
  if (error && error.status >= 500) throw new ByokError("internal");
  const claims = data?.jwtClaims;
  // A token that never expires is none that the project's Auth issues.
  if (claims?.role !== "authenticated" || !claims.exp || !uuidPattern.test(claims.sub)) return null;
  const caller = { userId: claims.sub, isAnonymous: claims.is_anonymous === true };
  verified.set(token, caller, claims.exp * 1000);
  return caller;
}

async function backendCaller(request: Request, userId: string): Promise<Caller | null> {
  if (!(await hasSecretKey(request)) || !uuidPattern.test(userId)) return null;
  return { userId: userId.toLowerCase(), isAnonymous: false };
}

async function hasSecretKey(request: Request): Promise<boolean> {
  const apikey = request.headers.get("apikey");
  const { data } = await verifyCredentials({ token: null, apikey }, { auth: "secret:*" });
  return data !== null;
}
