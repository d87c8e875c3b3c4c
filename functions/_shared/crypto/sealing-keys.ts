/** The key pair that pages seal API keys to. It follows from a master key, so that there is no other secret to keep or to rotate. */
import { type KeyPair, keyPairOf } from "../../../protocol/hpke.ts";

const text = (value: string) => new TextEncoder().encode(value);
/** Envelopes are derived with a context that begins otherwise: "byok/v1" and a zero byte. */
const derivation = {
  name: "HKDF",
  hash: "SHA-256",
  salt: text("byok/v1/hkdf-salt"),
  info: text("byok/v1/sealing-key"),
};

const keyPairs = new WeakMap<CryptoKey, Promise<KeyPair>>();

/** The key pair of a master key: X25519, its private half 32 bytes of HKDF-SHA256 (RFC 5869), not extractable. */
export function sealingKeyPair(masterKey: CryptoKey): Promise<KeyPair> {
  let keyPair = keyPairs.get(masterKey);
  if (!keyPair) keyPairs.set(masterKey, (keyPair = derive(masterKey)));
  return keyPair;
}

async function derive(masterKey: CryptoKey): Promise<KeyPair> {
  const secret = new Uint8Array(await crypto.subtle.deriveBits(derivation, masterKey, 256));
  const keyPair = await keyPairOf(secret);
  secret.fill(0);
  return keyPair;
}
