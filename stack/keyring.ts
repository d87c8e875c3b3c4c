import { randomBytes, randomInt } from "node:crypto";

/** As the functions read it from BYOK_MASTER_KEYS; see functions/_shared/crypto/keyring.ts. */
export interface KeyringJson {
  primary: number;
  keys: Record<string, string>;
}

/** A key ring with one random master key, as JSON. */
export function newKeyring(): string {
  const kid = nextKid(0);
  return JSON.stringify({ primary: kid, keys: { [kid]: newMasterKey() } } satisfies KeyringJson);
}

/** Far enough that two key rings made from one file do not give two keys one kid: they do in one of a million. */
const kidStep = 2 ** 20;

/** A kid for a key that is newer than all others: greater than `newest`, by a random step. A kid is a u32. */
export function nextKid(newest: number): number {
  return newest + 1 + randomInt(kidStep);
}

export function newMasterKey(): string {
  return randomBytes(32).toString("base64");
}
