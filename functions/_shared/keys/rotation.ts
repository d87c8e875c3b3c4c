/** Rotation of the master key: opens every envelope under an older kid and seals it again under the primary one. */
import type { ListedEnvelope } from "../database/types.ts";
import { type SealedKey, seal } from "../crypto/envelope.ts";
import { ByokError } from "../errors.ts";
import type { Keyring } from "../crypto/keyring.ts";
import { calledProviders, isProviderId } from "../providers/called.ts";
import type { Services } from "../services.ts";
import { nullIfUnreadable, openKey } from "./opening.ts";

type RotationServices = Pick<Services, "database" | "keyring">;

export interface KeyringUsage {
  /** The kid that new envelopes are sealed under. */
  readonly primary: number;
  /** Every kid of the key ring, and every other that envelopes are sealed under, in their order. */
  readonly kids: readonly { readonly kid: number; readonly in_ring: boolean; readonly envelopes: number }[];
}

export interface Batch {
  /** The kid whose envelopes to re-encrypt. */
  readonly kid: number;
  /** The kid that the caller takes for the primary one. */
  readonly primary: number;
  /** The credential that the batch before ended with; null at first. */
  readonly after: string | null;
  /** At most so many envelopes, 1 to 500. */
  readonly limit: number;
  /** Opens and seals, and changes nothing. */
  readonly isDryRun: boolean;
}

export interface BatchResult {
  readonly rewrapped: number;
  /** Envelopes that were saved, removed or in use meanwhile. */
  readonly left_alone: number;
  /** Ids of the credentials whose envelope does not open; they are marked locked. */
  readonly unreadable: readonly string[];
  /** The credential to go on after; null when there are no more. */
  readonly next: string | null;
}

/** Counts envelopes by kid. */
export async function countByKid({ database, keyring }: RotationServices): Promise<KeyringUsage> {
  const counts = new Map([...keyring.masterKeys.keys()].map((kid) => [kid, 0]));
  for (const { kid, envelopes } of await database.countEnvelopes()) counts.set(kid, envelopes);
  const kids = [...counts].map(([kid, envelopes]) => ({ kid, in_ring: keyring.masterKeys.has(kid), envelopes }));
  return { primary: keyring.primary, kids: kids.sort((a, b) => a.kid - b.kid) };
}

/**
 * Re-encrypts some of the envelopes under a kid, each only if it has not changed meanwhile. If an envelope does not open, because
 * its master key is gone or somebody tampered with it, its credential becomes locked and the batch continues.
 *
 * A dry run may name the primary kid too, and then tells whether what is sealed under it opens.
 *
 * @throws ByokError `keyring_changed` where the caller knows another primary key, as while a new key ring is being rolled out;
 * `invalid_request` for a kid that is the primary one or newer: those who still have an older key ring must not undo a rotation
 */
export async function rewrapBatch({ database, keyring }: RotationServices, batch: Batch): Promise<BatchResult> {
  const { kid, primary, after, limit } = batch;
  if (primary !== keyring.primary) throw new ByokError("keyring_changed", { details: { primary: keyring.primary } });
  if ((kid === primary && !batch.isDryRun) || (kid > primary && keyring.masterKeys.has(kid))) {
    throw new ByokError("invalid_request", {
      message: `Key ${kid} is the primary key ${primary}, or newer.`,
      details: { field: "kid" },
    });
  }
  const listed = await database.listEnvelopes(kid, after, limit);
  const rewrapped = [];
  for (const envelope of listed) rewrapped.push({ ...envelope, sealed: await rewrap(keyring, envelope) });
  const unreadable = rewrapped.filter(({ sealed }) => sealed === null).map(({ credentialId }) => credentialId);
  const done = batch.isDryRun
    ? listed.map(({ credentialId }) => credentialId)
    : await database.replaceEnvelopes(rewrapped);
  return {
    rewrapped: done.filter((id) => !unreadable.includes(id)).length,
    left_alone: listed.length - done.length,
    unreadable: unreadable.filter((id) => done.includes(id)),
    next: listed.at(-1)?.credentialId ?? null,
  };
}

/** The same API key and place under the primary master key; null where the envelope does not open. */
async function rewrap(keyring: Keyring, listed: ListedEnvelope): Promise<SealedKey | null> {
  const { ownerId, credentialId, provider, envelope } = listed;
  if (!isProviderId(provider)) return null;
  const key = await openKey(keyring, ownerId, provider, credentialId, envelope).catch(nullIfUnreadable);
  if (key === null) return null;
  return await seal(keyring, { ownerId, credentialId, providerNumber: calledProviders[provider].number }, key);
}
