/** The functions' side of keys that pages seal: the public key that is handed out, and opening what comes back. */
import type { Keyring } from "../crypto/keyring.ts";
import { openApiKey, type Purpose, type SealedApiKey, type SealingKey } from "../../../protocol/sealed-key.ts";
import { sealingKeyPair } from "../crypto/sealing-keys.ts";
import { base64Of } from "../base64.ts";
import { ByokError } from "../errors.ts";
import type { PlacedKey } from "../providers/types.ts";

/** How long a public key may be used after it was handed out, in ms: a page asks for it when the user presses Save. */
const life_ms = 5 * 60_000;
/** How far the clocks of two workers may be apart, in ms. */
const skew_ms = 60_000;

/** An API key as it came, and what tells that it came before: null if it was not sealed. */
export interface ReceivedKey extends PlacedKey, UnsealedKey {}

export interface UnsealedKey {
  readonly apiKey: string;
  readonly seal: string | null;
}

/** The public key that pages seal API keys to, of the key ring's primary key. */
export async function sealingKey({ primary, masterKeys }: Keyring): Promise<SealingKey> {
  const masterKey = masterKeys.get(primary);
  if (!masterKey) throw new RangeError("The primary key is not in the key ring.");
  const { publicKey } = await sealingKeyPair(masterKey);
  return { kid: primary, public_key: base64Of(publicKey), issued_at_ms: Date.now() };
}

/**
 * Opens an API key that a page sealed for this user, provider and place. It opens as often as it comes: `countAttempt` lets its seal pass
 * once.
 *
 * @throws ByokError `sealed_key_refused` if it was sealed for another user, provider, place or key ring, is older than five minutes or
 * was altered
 */
export async function unseal(keyring: Keyring, purpose: Purpose, sealed: SealedApiKey): Promise<UnsealedKey> {
  const age_ms = Date.now() - sealed.issued_at_ms;
  const masterKey = keyring.masterKeys.get(sealed.kid);
  if (!masterKey || age_ms < -skew_ms || age_ms > life_ms) throw new ByokError("sealed_key_refused");
  const keyPair = await sealingKeyPair(masterKey);
  try {
    return await openApiKey(keyPair, purpose, sealed);
  } catch {
    throw new ByokError("sealed_key_refused");
  }
}
