/** Opening a user's saved API key, which is all that a call does with one. */
import { isPlaceOf } from "../../../catalogue/places.ts";
import { open } from "../crypto/envelope.ts";
import type { Keyring } from "../crypto/keyring.ts";
import { ByokError } from "../errors.ts";
import { calledProviders, type ProviderId } from "../providers/called.ts";
import type { PlacedKey } from "../providers/types.ts";

/** Who asks, and for whose key: a team's, or null for the own. */
export interface KeyHolder {
  readonly userId: string;
  readonly teamId: string | null;
  /** Whether a job of the operator's asks, with the project's secret key: its checks count for nobody. */
  readonly isBackend?: boolean;
}

/**
 * Opens the API key of a credential, and the place that it was saved for.
 *
 * @throws ByokError `envelope_unreadable`, also where its place is none of the provider's any more
 */
export async function openKey(
  keyring: Keyring,
  ownerId: string,
  provider: ProviderId,
  credentialId: string,
  envelope: string | null,
): Promise<PlacedKey> {
  if (envelope === null) throw new ByokError("envelope_unreadable");
  const row = calledProviders[provider];
  const key = await open(keyring, { ownerId, credentialId, providerNumber: row.number }, envelope);
  if (!isPlaceOf(row, key.place)) throw new ByokError("envelope_unreadable");
  return key;
}

/** For an open that failed: null where the envelope is why. */
export function nullIfUnreadable(error: unknown): null {
  if (error instanceof ByokError && error.code === "envelope_unreadable") return null;
  throw error;
}
