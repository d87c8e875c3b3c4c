/** Who pays a call, and with which API key. */
import type { ProviderId } from "../providers/called.ts";
import { ByokError } from "../errors.ts";
import { type KeyHolder, openKey } from "../keys/opening.ts";
import type { UnusedKey } from "../../../protocol/answers.ts";
import type { CalledCredential, OpenedCall, PricedCall } from "../database/types.ts";
import type { PlacedKey } from "../providers/types.ts";
import type { Services } from "../services.ts";

/** Who pays: the owner's own key, or the owner's credits with the platform's key. */
export interface Funding extends PlacedKey {
  readonly payer: "byok" | "platform";
  /** Whether the key or the credits are the user's own, or those of a team. */
  readonly owner: "user" | "team";
  /** The most that the call can cost; 0 under BYOK. */
  readonly microcredits: number;
  /** Why credits pay though a key is saved; null or absent if none is. */
  readonly unusedKey?: UnusedKey | null;
}

export interface ByokFunding extends Funding {
  readonly payer: "byok";
  readonly credential: CalledCredential;
  readonly microcredits: 0;
}

/** A call that credits would pay. */
export type OpenedCredits = Extract<OpenedCall, { payer: "platform" }>;

/**
 * Decides who pays a call and gets the API key for it. A credential that exists decides for BYOK, and if it cannot be opened the call
 * fails: it never falls back to credits.
 *
 * @param call what credits are held for where they pay; without it none are held
 * @returns the key of the user or of a team, opened; or that credits would pay, if they buy the call: see `order.ts`
 * @throws ByokError `not_a_member`, `envelope_unreadable`, `too_many_calls`, `credits_not_allowed`, and as `placeHold`
 */
export async function openFunding(
  services: Pick<Services, "database" | "keyring">,
  { userId, teamId }: KeyHolder,
  provider: ProviderId,
  call: PricedCall | null = null,
): Promise<ByokFunding | OpenedCredits> {
  const opened = await services.database.openCall(userId, provider, teamId, call);
  if (opened.payer === "byok") {
    const { credentialId, envelope, status, reason } = opened;
    const ownerId = opened.teamId ?? userId;
    const key = await openKey(services.keyring, ownerId, provider, credentialId, envelope);
    const credential = { ownerId, credentialId, userId, status, reason };
    return { payer: "byok", owner: ownerKind(opened), credential, ...key, microcredits: 0 };
  }
  return opened;
}

export function ownerKind({ teamId }: OpenedCall): Funding["owner"] {
  return teamId === null ? "user" : "team";
}

/** A refusal on credits that says why a saved key is not used: for a user with a key, that may be what is to be mended. */
export function tellUnusedKey(error: unknown, unusedKey: UnusedKey | null): unknown {
  return unusedKey && error instanceof ByokError ? error.withDetails({ unused_key: unusedKey }) : error;
}
