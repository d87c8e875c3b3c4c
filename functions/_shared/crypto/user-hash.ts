/** The name under which providers know a user whose calls the platform pays: they can tell one abuser from the whole account. */

import { LruCache } from "../lru-cache.ts";

/** Hash of a user's id, as 64 hexadecimal digits. */
export type UserHash = (userId: string) => Promise<string>;

const bytes = (text: string) => new TextEncoder().encode(text);

/**
 * HMAC-SHA-256 of the user's id under a key derived (HKDF, RFC 5869) from the project's secret key, which no provider knows: it
 * can neither be reversed nor be compared with ids from elsewhere. It does not depend on the key ring, which rotates; a new secret
 * key gives all users new names. The key is derived when it is first needed: an own key needs none. A name is no secret, and is
 * remembered: WebCrypto takes a turn of another thread for each.
 */
export function userHashUnder(secretKey: string): UserHash {
  let deriving: Promise<CryptoKey> | undefined;
  const recent = new LruCache<string>({ maxEntries: 1_000, maxAge_ms: 60 * 60_000 });
  return async (userId) => {
    const known = recent.get(userId);
    if (known !== undefined) return known;
    const key = await (deriving ??= deriveKey(secretKey));
    const hash = new Uint8Array(await crypto.subtle.sign("HMAC", key, bytes(userId)));
    const name = Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
    recent.set(userId, name);
    return name;
  };
}

async function deriveKey(secretKey: string): Promise<CryptoKey> {
  const secret = await crypto.subtle.importKey("raw", bytes(secretKey), "HKDF", false, ["deriveKey"]);
  const derivation = { name: "HKDF", hash: "SHA-256", salt: bytes(""), info: bytes("byok user hash 1") };
  const kind = { name: "HMAC", hash: "SHA-256", length: 256 };
  return await crypto.subtle.deriveKey(derivation, secret, kind, false, ["sign"]);
}
