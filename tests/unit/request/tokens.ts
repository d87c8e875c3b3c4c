/** A project that signs access tokens, and requests that carry them. */
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { afterEach, beforeEach, expect, vi } from "vitest";
import * as identity from "../../../functions/_shared/request/identity.ts";
import { mockDatabase } from "../../harness/database.ts";

export const userId = "0b6f2c1e-8d2a-4c55-9a3e-5d1f0a7b9c31";
export const otherId = "f3d0a9b4-17c6-4e0b-8f21-6c2e4d8a5b70";
export const secretKey = "sb_secret_example";
export const publishableKey = "sb_publishable_example";

/** Takes the claims of every token, and is not asked about OAuth clients. */
const lenient = mockDatabase({ requireClaims: async () => undefined });
export const identifyUser = (request: Request, database = lenient) => identity.identifyUser(request, database);
export const identifyUserOrBackend = (request: Request, database = lenient) =>
  identity.identifyUserOrBackend(request, URL.parse(request.url), database);

export const project = await generateKeyPair("ES256", { extractable: true });
export const stranger = await generateKeyPair("ES256");
export const publicJwk = { ...(await exportJWK(project.publicKey)), kid: "project", alg: "ES256", use: "sig" };

/** The environment of a function of this project. */
export function useProject(): void {
  beforeEach(() => {
    vi.stubEnv("SUPABASE_URL", "https://project.supabase.test");
    vi.stubEnv("SUPABASE_SECRET_KEYS", JSON.stringify({ default: secretKey, jobs: "sb_secret_jobs" }));
    vi.stubEnv("SUPABASE_PUBLISHABLE_KEYS", JSON.stringify({ default: publishableKey }));
    vi.stubEnv("SUPABASE_JWKS", JSON.stringify({ keys: [publicJwk] }));
    // Verification that asks the network would be slow for callers and a way to be fooled.
    vi.stubGlobal("fetch", () => expect.unreachable("the network was asked"));
  });

  afterEach(() => {
    vi.unstubAllEnvs();
    vi.unstubAllGlobals();
  });
}

export const now = () => Math.floor(Date.now() / 1000);

export function claimsOf(changes: JWTPayload = {}): JWTPayload {
  return {
    sub: userId,
    role: "authenticated",
    aud: "authenticated",
    iss: "https://project.supabase.test/auth/v1",
    iat: now(),
    exp: now() + 3600,
    is_anonymous: false,
    ...changes,
  };
}

export function tokenOf(changes: JWTPayload = {}, key: CryptoKey = project.privateKey): Promise<string> {
  return new SignJWT(claimsOf(changes)).setProtectedHeader({ alg: "ES256", kid: "project", typ: "JWT" }).sign(key);
}

export function requestWith(headers: Record<string, string>, query = ""): Request {
  return new Request(`https://project.supabase.test/functions/v1/byok/call/google/v1beta/models${query}`, { headers });
}

export const bearer = (token: string) => requestWith({ authorization: `Bearer ${token}` });
export const unauthenticated = {
  code: "unauthenticated",
  status: 401,
  message: "The access token of a signed-in user is needed, as Bearer token or as the SDK's API key.",
  details: {},
};
