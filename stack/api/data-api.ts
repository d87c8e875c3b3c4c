import { timingSafeEqual } from "node:crypto";
import { answerAdmin } from "./auth-admin.ts";
import type { Lite } from "./lite.ts";
import type { Secrets } from "../secrets.ts";
import { isExpired, type Session, type Tokens } from "./tokens.ts";

const open = { "access-control-allow-origin": "*" };

/**
 * Answers /rest/v1 and /auth/v1 as a hosted project does: Lite, with hosted tokens on the outside and the
 * admin endpoints added.
 */
export function createDataApi(lite: Lite, tokens: Tokens, secrets: Secrets) {
  return async (request: Request, peerAddress: string | null): Promise<Response> => {
    const { pathname } = new URL(request.url);
    if (pathname === "/auth/v1/.well-known/jwks.json") {
      return Response.json(tokens.jwks, { headers: { ...open, "cache-control": "public, max-age=600" } });
    }
    if (isPreflight(request)) return preflight(request);
    if (pathname.startsWith("/auth/v1/admin/") && request.method !== "OPTIONS") {
      if (!isSecretKey(request, secrets)) return authError(403, "not_admin", "User not allowed");
      return answerAdmin(lite.connection.driver, request);
    }
    const headers = new Headers(request.headers);
    const token = bearerToken(request);
    if (token) {
      try {
        headers.set("authorization", `Bearer ${await tokens.inward(token)}`);
      } catch (error) {
        return pathname.startsWith("/rest/") ? restTokenError(error) : authError(403, "bad_jwt", "invalid JWT");
      }
    }
    const response = await lite.fetch(new Request(request, { headers }), peerAddress);
    return readable(pathname.startsWith("/auth/") ? await withHostedToken(response, tokens) : response);
  };
}

function isPreflight({ method, headers }: Request): boolean {
  return method === "OPTIONS" && headers.has("origin") && headers.has("access-control-request-method");
}

/**
 * As PostgREST answers each of them, whatever it is about: a browser names no schema before it may ask. Lite looks for the table in
 * schema public, and answers 404 for those of another schema; its Auth allows no origin but its own.
 * https://github.com/PostgREST/postgrest/blob/v14.3/src/PostgREST/Cors.hs
 */
function preflight({ headers }: Request): Response {
  const asked = headers.get("access-control-request-headers");
  return new Response(null, {
    status: 200,
    headers: {
      ...open,
      "access-control-allow-methods": "GET, POST, PATCH, PUT, DELETE, OPTIONS, HEAD",
      "access-control-allow-headers": ["Authorization", asked].filter(Boolean).join(", "),
      "access-control-max-age": "86400",
    },
  });
}

/** Headers of answers that a page at another origin reads: counts and pages of REST, pages of Auth. */
const exposed = "Content-Encoding, Content-Location, Content-Range, Content-Type, Date, Location, Link, X-Total-Count";

/** The answer for pages at any origin, as hosted projects give it. */
function readable(response: Response): Response {
  const headers = new Headers(response.headers);
  headers.set("access-control-allow-origin", "*");
  headers.set("access-control-expose-headers", exposed);
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}

/** An access token, as opposed to an API key that supabase-js repeats in the same header. */
function bearerToken(request: Request): string | undefined {
  return /^Bearer (eyJ.+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
}

function isSecretKey(request: Request, { secretKey }: Secrets): boolean {
  const given = Buffer.from(request.headers.get("apikey") ?? "");
  const expected = Buffer.from(secretKey);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

async function withHostedToken(response: Response, tokens: Tokens): Promise<Response> {
  if (!response.headers.get("content-type")?.includes("json")) return response;
  const body = (await response.json()) as Partial<Session> | null;
  const headers = new Headers(response.headers);
  headers.delete("content-length");
  const hosted = body?.access_token ? await tokens.outward(body as Session) : body;
  return Response.json(hosted, { status: response.status, headers });
}

function restTokenError(error: unknown): Response {
  const [code, message] = isExpired(error)
    ? ["PGRST303", "JWT expired"]
    : ["PGRST301", "No suitable key or wrong key type"];
  return Response.json({ code, message, details: null, hint: null }, { status: 401, headers: open });
}

function authError(code: number, error_code: string, msg: string): Response {
  return Response.json({ code, error_code, msg }, { status: code, headers: open });
}
