/** Who pays a call, and with which API key. */
import { type ProviderId, providers } from "../providers/index.ts";
import { ByokError } from "../errors.ts";
import { type KeyHolder, openKey } from "../keys/credentials.ts";
import type { UnusedKey } from "../../../protocol/answers.ts";
import type { CalledCredential, OpenedCall } from "../database/types.ts";
import type { PlacedKey } from "../providers/types.ts";
import type { Route } from "../request/route.ts";
import type { Services } from "../services.ts";
import { findOffer, hasOffers, type OfferedRequest } from "./offers.ts";

export type { KeyHolder };

/** The part of the services that decides who pays. */
export type FundingServices = Pick<Services, "database" | "keyring"> & {
  readonly env: Pick<Services["env"], "platformKeys">;
};

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

/** A call that credits are to pay; none are held yet. */
export interface CreditsCall extends PlacedKey {
  readonly payer: "platform";
  readonly owner: Funding["owner"];
  /** The team whose credits pay; null for the user's own. */
  readonly teamId: string | null;
  readonly provider: ProviderId;
  readonly operation: string;
  readonly offered: OfferedRequest;
  /** The client's idempotency key; null if it sent none. */
  readonly requestId: string | null;
  readonly unusedKey: UnusedKey | null;
}

/**
 * Decides who pays a call and gets the API key for it, before the body is read: under BYOK it never is. A credential that exists
 * decides for BYOK, and if it cannot be opened the call fails: it never falls back to credits.
 *
 * @throws ByokError `not_a_member`, `envelope_unreadable`, `too_many_calls`, `credits_not_allowed`, `not_offered`,
 * `operation_required`
 */
export async function fundCall(
  services: FundingServices,
  holder: KeyHolder,
  route: Route,
  request: Pick<Request, "method" | "headers">,
): Promise<ByokFunding | CreditsCall> {
  const { provider } = route;
  const opened = await openFunding(services, holder, provider);
  if (opened.payer === "byok") return opened;
  const { unusedKey } = opened;
  const key = services.env.platformKeys[provider];
  const offered = findOffer(provider, request.method, route.path);
  if (key === undefined || offered === undefined) throw tellUnusedKey(notOffered(route), unusedKey);
  const operation = request.headers.get("x-byok-operation");
  if (!operation) throw tellUnusedKey(new ByokError("operation_required"), unusedKey);
  const requestId = request.headers.get("idempotency-key");
  const paidBy = { payer: "platform", owner: ownerKind(opened), teamId: opened.teamId, ...key } as const;
  return { ...paidBy, provider, operation, offered, requestId, unusedKey };
}

/**
 * The key for a provider, of the user or of a team, opened; or that credits would pay.
 *
 * @throws ByokError `not_a_member`, `envelope_unreadable`, `too_many_calls`, `credits_not_allowed`
 */
export async function openFunding(
  services: Pick<FundingServices, "database" | "keyring">,
  { userId, teamId }: KeyHolder,
  provider: ProviderId,
): Promise<ByokFunding | Extract<OpenedCall, { payer: "platform" }>> {
  const opened = await services.database.openCall(userId, provider, teamId);
  if (opened.payer === "byok") {
    const { credentialId, envelope, status, reason } = opened;
    const ownerId = opened.teamId ?? userId;
    const key = await openKey(services.keyring, ownerId, provider, credentialId, envelope);
    const credential = { ownerId, credentialId, userId, status, reason };
    return { payer: "byok", owner: ownerKind(opened), credential, ...key, microcredits: 0 };
  }
  return opened;
}

function ownerKind({ teamId }: OpenedCall): Funding["owner"] {
  return teamId === null ? "user" : "team";
}

/** A refusal on credits that says why a saved key is not used: for a user with a key, that may be what is to be mended. */
export function tellUnusedKey(error: unknown, unusedKey: UnusedKey | null): unknown {
  return unusedKey && error instanceof ByokError ? error.withDetails({ unused_key: unusedKey }) : error;
}

/** Of some providers credits buy the API's own form alone: what the form of OpenAI's costs there cannot be counted for sure. */
function notOffered({ provider, isUnified }: Route): ByokError {
  if (!isUnified || !hasOffers(provider)) return new ByokError("not_offered");
  const { name, api } = providers[provider];
  return new ByokError("not_offered", {
    message: `Credits do not buy this of ${name} in OpenAI's form. Use call/${provider}${api.generation}, or your own API key.`,
  });
}
