/** `npm run keys:new`: prints a fresh key ring for the secret BYOK_MASTER_KEYS. */
import { randomBytes } from "node:crypto";

/** A key ring with one random master key, as JSON. */
export function newKeyring(): string {
  return JSON.stringify({ primary: 1, keys: { 1: randomBytes(32).toString("base64") } });
}

if (import.meta.main) console.log(newKeyring());
