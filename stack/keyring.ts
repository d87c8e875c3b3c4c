import { randomBytes } from "node:crypto";

/** As the functions read it from BYOK_MASTER_KEYS; see functions/_shared/crypto/keyring.ts. */
export interface KeyringJson {
  primary: number;
  keys: Record<string, string>;
}

/** A key ring with one random master key, as JSON. */
export function newKeyring(): string {
  return JSON.stringify({ primary: 1, keys: { 1: newMasterKey() } } satisfies KeyringJson);
}

export function newMasterKey(): string {
  return randomBytes(32).toString("base64");
}
