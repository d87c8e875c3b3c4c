import { decodeJwt, errors, importJWK, type JSONWebKeySet, type JWTPayload, jwtVerify, SignJWT } from "jose";
import type { Secrets } from "../secrets.ts";

/** A session as the Auth API answers it; only what is changed here is named. */
export interface Session {
  access_token: string;
  user?: { app_metadata?: object; user_metadata?: object; is_anonymous?: boolean };
}

/**
 * Access tokens as a hosted project issues them. Lite signs with a shared secret and names no key, which
 * @supabase/server refuses; so outside tokens are ES256 with a key from the JWKS, and Lite gets a twin of
 * each with the same claims.
 */
export interface Tokens {
  /** the public half, for SUPABASE_JWKS and /auth/v1/.well-known/jwks.json */
  jwks: JSONWebKeySet;
  sign(claims: JWTPayload): Promise<string>;
  /** @throws jose's error when the token is not ours or no longer valid */
  verify(token: string): Promise<JWTPayload>;
  /** Lite's session with its access token replaced by a hosted one. */
  outward<S extends Session>(session: S): Promise<S>;
  /** Lite's twin of a hosted token. Errors as verify(). */
  inward(token: string): Promise<string>;
}

const remembered_tokens = 1_000;

export async function createTokens(secrets: Secrets, url: string): Promise<Tokens> {
  const { d: _, ...publicKey } = secrets.signingKey;
  const signingKey = await importJWK(secrets.signingKey, "ES256");
  const verifyingKey = await importJWK(publicKey, "ES256");
  const liteSecret = new TextEncoder().encode(secrets.liteSecret);
  const twins = new Map<string, { token: string; expires: number }>();

  const sign = (claims: JWTPayload) =>
    new SignJWT(claims).setProtectedHeader({ alg: "ES256", typ: "JWT", kid: secrets.signingKey.kid }).sign(signingKey);

  // The issuer is not compared: it names the port, and a session lives on when the next start has to
  // take another one.
  const verify = async (token: string) =>
    (await jwtVerify(token, verifyingKey, { algorithms: ["ES256"], requiredClaims: ["exp", "sub", "role"] })).payload;

  return {
    jwks: { keys: [{ ...publicKey, key_ops: ["verify"] }] },
    sign,
    verify,
    async outward(session) {
      const claims = decodeJwt(session.access_token);
      const { app_metadata = {}, user_metadata = {}, is_anonymous = false } = session.user ?? {};
      const access_token = await sign({
        aal: "aal1",
        amr: [{ method: "password", timestamp: claims.iat }],
        phone: "",
        ...claims,
        iss: `${url}/auth/v1`,
        app_metadata,
        user_metadata,
        is_anonymous,
      });
      return { ...session, access_token };
    },
    async inward(token) {
      const known = twins.get(token);
      if (known && known.expires > Date.now()) return known.token;
      const claims = await verify(token);
      const twin = await new SignJWT(claims).setProtectedHeader({ alg: "HS256", typ: "JWT" }).sign(liteSecret);
      if (twins.size >= remembered_tokens) twins.clear();
      twins.set(token, { token: twin, expires: Number(claims.exp) * 1_000 });
      return twin;
    },
  };
}

/** Whether a token was refused for its age alone. */
export function isExpired(error: unknown): boolean {
  return error instanceof errors.JWTExpired;
}
