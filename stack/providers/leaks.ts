import type { ReceivedRequest } from "./adapter.ts";
import { bearerToken } from "./adapter.ts";

const NAMES = ["apikey", "cookie", "forwarded", "origin", "referer", "x-client-info", "x-real-ip"];
const PREFIXES = ["sb-", "x-byok-", "x-forwarded-", "x-stainless-", "x-supabase-"];
const JWT = /^[\w-]+\.[\w-]+\.[\w-]*$/;

/** Returns the name of a header that a relay should have kept to itself, or null. */
export function leakedHeader(request: ReceivedRequest): string | null {
  const { headers } = request;
  for (const name of Object.keys(headers)) {
    if (NAMES.includes(name) || PREFIXES.some((prefix) => name.startsWith(prefix))) return name;
  }
  const credentials = {
    authorization: bearerToken(request) ?? headers["authorization"],
    "x-api-key": headers["x-api-key"],
    "x-goog-api-key": headers["x-goog-api-key"],
    "api-key": headers["api-key"],
  };
  for (const [name, credential] of Object.entries(credentials)) {
    if (credential !== undefined && JWT.test(credential)) return name;
  }
  return null;
}
