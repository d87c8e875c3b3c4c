/** Who is calling: an access token from any of the places that provider SDKs put it, or a backend job with the secret key. */
import { verifyCredentials } from "@supabase/server/core";
import type { Claims, Database } from "../database/types.ts";
import { tokenIssuer } from "../env.ts";
import { ByokError } from "../errors.ts";
import { LruCache } from "../lru-cache.ts";
import { uuidPattern } from "./validation.ts";

export interface Caller {
  /** UUID of the user the request acts for. */
  readonly userId: string;
  /** Whether the user signed in anonymously. */
  readonly isAnonymous: boolean;
}

/**
 * The user whose access token came as `Authorization: Bearer`; verified against the project's JWKS, without a network call.
 * Anonymous users are refused: with a new account for each API key a thief could try out any number. The database
 * decides whether the token's claims are enough to save and check API keys, as it does for removing them.
 *
 * @throws ByokError `unauthenticated`, `claims_required`
 */
export async function identifyUser(request: Request, database: Pick<Database, "requireClaims">): Promise<Caller> {
  const session = await sessionOf(bearerToken(request));
  if (!session) throw new ByokError("unauthenticated");
  const { caller, claims } = session;
  if (caller.isAnonymous) {
    throw new ByokError("unauthenticated", { message: "Sign up to save an API key: anonymous users cannot." });
  }
  await database.requireClaims(claims);
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
 * The user named in `x-byok-user` by a backend job of the operator's, with the project's secret key in `apikey`; null for a request
 * that names none.
 *
 * @throws ByokError `unauthenticated`
 */
export function identifyBackend(request: Request): Promise<Caller> | null {
  const actedFor = request.headers.get("x-byok-user");
  return actedFor === null ? null : backendCaller(request, actedFor);
}

/**
 * The user a call acts for: the owner of the access token, wherever the SDK put it (see `callerToken`), or the user named in
 * `x-byok-user` when the project's secret key is in `apikey`. A token of an OAuth client is refused unless the operator accepts it.
 *
 * @throws ByokError `unauthenticated`
 */
export async function identifyUserOrBackend(
  request: Request,
  url: URL | null,
  database: Pick<Database, "isClientAccepted">,
): Promise<Caller> {
  const backend = identifyBackend(request);
  if (backend) return await backend;
  const token = callerToken(request, url);
  // Most tokens are known: nothing is waited for then, since each wait costs as much as looking the token up.
  const session = knownSession(token) ?? (await sessionOf(token));
  if (!session) throw new ByokError("unauthenticated");
  if (isOfClient(session.claims)) await requireAcceptedClient(session.claims, database);
  return session.caller;
}

/** Clients that the database accepted a moment ago. A client that is taken off the list is refused within a minute. */
const acceptedClients = new LruCache<true>({ maxEntries: 100, maxAge_ms: 60_000 });

/** Supabase Auth names the client in the tokens of its OAuth server alone: https://supabase.com/docs/guides/auth/oauth-server/token-security */
function isOfClient({ client_id }: Claims): boolean {
  return client_id !== undefined && client_id !== null;
}

async function requireAcceptedClient(
  { client_id }: Claims,
  database: Pick<Database, "isClientAccepted">,
): Promise<void> {
  const clientId = String(client_id);
  if (acceptedClients.get(clientId)) return;
  if (!(await database.isClientAccepted(clientId))) {
    throw new ByokError("unauthenticated", { message: "Access tokens of this OAuth client are not accepted here." });
  }
  acceptedClients.set(clientId, true, Infinity);
}

/**
 * The access token of a request: `Authorization: Bearer`, else where SDKs of Anthropic, Google and Azure put a key, else `?key=`; empty
 * ones pass.
 */
export function callerToken(request: Request, url: URL | null): string | null {
  return (
    bearerToken(request) ||
    request.headers.get("x-api-key") ||
    request.headers.get("x-goog-api-key") ||
    request.headers.get("api-key") ||
    (url?.searchParams.get("key") ?? null)
  );
}

function bearerToken(request: Request): string | null {
  const token = /^Bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
  // Without a session supabase-js sends the project's own key here.
  return token && !token.startsWith("sb_") ? token : null;
}

interface Session {
  readonly caller: Caller;
  readonly claims: Claims;
}

/**
 * Sessions by access tokens that were verified: checking an ES256 signature costs more than all the rest of a call. Nothing is
 * accepted for longer, since a token verified without a network call is good until it expires anyway. Refusals are not kept.
 */
const verified = new LruCache<Session>({ maxEntries: 1_000, maxAge_ms: 5 * 60_000 });

function knownSession(token: string | null): Session | undefined {
  return token ? verified.get(token) : undefined;
}

async function sessionOf(token: string | null): Promise<Session | null> {
  if (!token) return null;
  const known = knownSession(token);
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
  const session = { caller: { userId: claims.sub, isAnonymous: claims.is_anonymous === true }, claims };
  verified.set(token, session, claims.exp * 1000);
  return session;
}

async function backendCaller(request: Request, userId: string): Promise<Caller> {
  if (!(await hasSecretKey(request)) || !uuidPattern.test(userId)) {
    throw new ByokError("unauthenticated", {
      message: "A backend job sends the project's secret key in apikey, and a user's UUID in x-byok-user.",
    });
  }
  return { userId: userId.toLowerCase(), isAnonymous: false };
}

async function hasSecretKey(request: Request): Promise<boolean> {
  const apikey = request.headers.get("apikey");
  const { data } = await verifyCredentials({ token: null, apikey }, { auth: "secret:*" });
  return data !== null;
}
