/** Rotation of the master key: opens every envelope under an older kid and seals it again under the primary one. */
import type { ListedEnvelope, Replacement } from "../database/types.ts";
import { open, seal } from "../crypto/envelope.ts";
import { ByokError } from "../errors.ts";
import type { Keyring } from "../crypto/keyring.ts";
import { calledProviders, isProviderId, type ProviderId } from "../providers/called.ts";
import type { Services } from "../services.ts";
import { nullIfUnreadable } from "./opening.ts";

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
  /** Envelopes of providers that the functions do not have, such as an endpoint that was taken out of their settings: left as they are. */
  readonly unknown: readonly { readonly credential_id: string; readonly provider: string }[];
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
 * its master key is gone or somebody tampered with it, its credential becomes locked and the batch continues. Without its provider's
 * number an envelope cannot be tried, which says nothing about it: it stays as it is, and needs its master key until the provider is back.
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
  const known = listed.filter(({ provider }) => isProviderId(provider));
  const rewrapped: Replacement[] = [];
  for (const envelope of known) rewrapped.push(await rewrap(keyring, envelope));
  const unreadable = rewrapped.filter(({ sealed }) => sealed === null).map(({ credentialId }) => credentialId);
  const done = batch.isDryRun
    ? known.map(({ credentialId }) => credentialId)
    : await database.replaceEnvelopes(rewrapped);
  return {
    rewrapped: done.filter((id) => !unreadable.includes(id)).length,
    left_alone: known.length - done.length,
    unreadable: unreadable.filter((id) => done.includes(id)),
    unknown: listed
      .filter((envelope) => !known.includes(envelope))
      .map(({ credentialId, provider }) => ({ credential_id: credentialId, provider })),
    next: listed.at(-1)?.credentialId ?? null,
  };
}

/**
 * The same API key and place under the primary master key; null where the envelope does not open. Whether the provider still has
 * the place is for those to ask who send the key there.
 */
async function rewrap(keyring: Keyring, listed: ListedEnvelope): Promise<Replacement> {
  const { ownerId, credentialId, provider, envelope } = listed;
  const binding = { ownerId, credentialId, providerNumber: calledProviders[provider as ProviderId].number };
  const key = await open(keyring, binding, envelope).catch(nullIfUnreadable);
  return { ...listed, sealed: key && (await seal(keyring, binding, key)) };
}
