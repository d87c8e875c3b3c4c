/** The database as the functions see it: the SQL functions of schema `byok`, whichever way they are reached. */
import type { SealedKey } from "../crypto/envelope.ts";
import type { ProviderId } from "../../../catalogue/index.ts";
import type { UnusedKey } from "../../../protocol/answers.ts";
import type { Finding, Verdict } from "../providers/types.ts";

/** The verdict of the last check, or `locked`: the envelope cannot be opened, so there is no key to check. */
export type CredentialStatus = Verdict | "locked";

/** The record about a saved API key that its owner sees, and every member of an owner that is a team. Never the key. Times are ISO 8601. */
export interface Credential {
  readonly id: string;
  readonly provider: string;
  /** Public beginning that all keys of its kind have, or empty. */
  readonly prefix: string;
  /** Last four characters of the key, or empty. */
  readonly hint: string;
  readonly status: string;
  /** Why the status is what it is; null if the status says it all. */
  readonly reason: string | null;
  /** Its owner, or the operator, leaves the key unused. */
  readonly is_paused: boolean;
  /** ISO 8601 date; null if no use is recorded. */
  readonly last_used_on: string | null;
  readonly verified_at: string | null;
  readonly created_at: string;
  readonly updated_at: string;
}

export interface NewCredential {
  readonly userId: string;
  /** The team whose key it is; null or left out if it is the user's. */
  readonly teamId?: string | null;
  readonly credentialId: string;
  readonly provider: ProviderId;
  readonly prefix: string;
  readonly hint: string;
  readonly status: Verdict;
  readonly reason?: Finding["reason"];
  /** Base64. */
  readonly envelope: string;
  readonly kid: number;
}

export interface SavedEnvelope {
  readonly credentialId: string;
  /** Base64; null when the row is gone, which only an operator's hand can do. */
  readonly envelope: string | null;
}

/** An envelope with what it is bound to. */
export interface ListedEnvelope {
  readonly ownerId: string;
  readonly credentialId: string;
  readonly provider: string;
  /** Base64. */
  readonly envelope: string;
}

/** An envelope and its replacement; null if the envelope does not open, which marks its credential `locked`. */
export interface Replacement extends ListedEnvelope {
  readonly sealed: SealedKey | null;
}

/** A credential that pays a call, and what is known of its key. */
export interface CalledCredential {
  readonly ownerId: string;
  readonly credentialId: string;
  /** Who calls. */
  readonly userId: string;
  readonly status: string;
  readonly reason: string | null;
}

/** A credential that the schedule is to check. */
export interface DueCredential extends Omit<ListedEnvelope, "envelope">, SavedEnvelope {
  readonly status: string;
  readonly reason: string | null;
}

/** Who had a key checked, for its events; the user or member by their id. */
export type Checker =
  { readonly actor: "user"; readonly actorId: string } | { readonly actor: "operator" | "schedule" };

/**
 * Who pays a call: the provider account of the owner, or the owner's credits. The owner is a team, or the user where it is null.
 * `unusedKey` is null if no key is saved, and `hold` if it was not said what the call is.
 */
export type OpenedCall = { readonly teamId: string | null } & (
  | ({ readonly payer: "byok"; readonly status: string; readonly reason: string | null } & SavedEnvelope)
  | { readonly payer: "platform"; readonly unusedKey: UnusedKey | null; readonly hold: Hold | null }
);

/** Prices of tokens, in microcredits for 1,000 of them. */
export interface Rates {
  readonly input_microcredits: number;
  readonly cached_input_microcredits: number;
  readonly cache_write_microcredits: number;
  readonly output_microcredits: number;
}

/** The price of an operation with a model, and the limits of such a call. */
export interface Price {
  readonly operation: string;
  readonly provider: string;
  readonly model: string;
  /** Whether the provider's token counts decide what is paid in the end; otherwise each call costs the same. */
  readonly isMetered: boolean;
  readonly maxOutputTokens: number;
  readonly max_input_bytes: number;
}

/** A call as its price needs to know it. */
export interface PricedCall {
  /** The caller's idempotency key; null if it sent none. */
  readonly requestId: string | null;
  readonly operation: string;
  readonly model: string;
  readonly maxInputTokens: number;
  readonly maxOutputTokens: number;
}

/** A call that credits are to be held for. */
export interface HoldRequest extends PricedCall {
  readonly userId: string;
  /** The team whose credits are held; null or left out if they are the user's own. */
  readonly teamId?: string | null;
  readonly provider: ProviderId;
}

export interface Hold {
  readonly id: number;
  /** The most that the call can cost. */
  readonly microcredits: number;
  /** Of a metered price; null for a flat one. */
  readonly rates: Rates | null;
}

/** The end of a hold. */
export type HoldOutcome = "charged" | "voided";

/** Why a part of a charge, or all of it, is given back. The platform bears `broken_off`, within a limit for each owner and day. */
export type RefundReason = "unused" | "nothing_delivered" | "broken_off";

export interface Refund {
  readonly microcredits: number;
  readonly reason: RefundReason;
  /** The provider's own counts, if it reported any. */
  readonly usage: {
    readonly input_tokens: number;
    readonly cached_input_tokens: number;
    readonly cache_write_tokens: number;
    readonly output_tokens: number;
  } | null;
}

/** The claims of a verified access token (RFC 7519). */
export type Claims = Readonly<Record<string, unknown>>;

/**
 * Every method throws the ByokError that SQL raised, `database_unavailable` when there is no answer, `schema_outdated` on a schema
 * older than these functions, else `internal`.
 */
export interface Database {
  /** Whether tokens of an OAuth client are accepted: the operator names those that are. */
  isClientAccepted(clientId: string): Promise<boolean>;
  /**
   * Lets claims pass that are enough to save, check and remove API keys.
   *
   * @throws ByokError `claims_required` (with `claims`), `unauthenticated` for an OAuth client that is not accepted
   */
  requireClaims(claims: Claims): Promise<void>;
  /** @throws ByokError `not_a_member`, `admins_only` */
  saveCredential(credential: NewCredential): Promise<Credential>;
  /**
   * The envelope of the user or of a team; null when no key is saved.
   *
   * @throws ByokError `not_a_member`, `admins_only`
   */
  readEnvelope(userId: string, provider: ProviderId, teamId?: string | null): Promise<SavedEnvelope | null>;
  /** Null when that credential is no longer the current one. */
  markCredential(
    ownerId: string,
    credentialId: string,
    status: string,
    reason: string | null,
    checker: Checker,
  ): Promise<Credential | null>;
  /**
   * Marks a credential whose key the provider refused in a call; no row changes if that is known.
   *
   * @returns whether it is news
   */
  noteRefusal(credential: CalledCredential, status: "rejected" | "no_credit", reason: string | null): Promise<boolean>;
  /** Up to `limit` (1 to 1000) credentials whose status was last set more than so many hours ago; they are due again after that time. */
  takeDueCredentials(olderThan_hours: number, limit: number): Promise<DueCredential[]>;
  /**
   * Counts a check of an API key.
   *
   * @param seal of a key that came sealed: a second attempt with the same is refused
   * @param teamId the team whose key it is; null or left out if it is the user's
   * @throws ByokError `not_a_member`, `admins_only`, `byok_not_allowed`, `too_many_attempts`, `sealed_key_refused`
   */
  countAttempt(userId: string, seal?: string | null, teamId?: string | null): Promise<void>;
  /**
   * Decides who pays, in one round trip.
   *
   * @param teamId the team that the call names, if it names one
   * @param call what credits are held for where they pay; without it none are held
   * @throws ByokError `not_a_member`, `too_many_calls`, `credits_not_allowed` (with `unused_key`), and as `placeHold`
   */
  openCall(userId: string, provider: ProviderId, teamId?: string | null, call?: PricedCall | null): Promise<OpenedCall>;
  listPrices(): Promise<Price[]>;
  /** @throws ByokError `not_offered`, `invalid_request`, `insufficient_credits`, `request_in_progress`, `request_completed` */
  placeHold(request: HoldRequest): Promise<Hold>;
  /** A second attempt changes nothing. `voided` if the hold is no longer there: it expired. */
  chargeHold(ownerId: string, holdId: number): Promise<HoldOutcome>;
  /**
   * A second attempt changes nothing.
   *
   * @param wasAsked the provider may charge for the call: past the owner's limit of the day, the hold is charged
   */
  voidHold(ownerId: string, holdId: number, wasAsked: boolean): Promise<HoldOutcome>;
  /** A second attempt changes nothing. Resolves with the microcredits that were given back: 0 past the owner's limit of the day. */
  refundCharge(ownerId: string, chargeId: number, refund: Refund): Promise<number>;
  /** How many envelopes are sealed under each kid that any is sealed under, in the order of kids. */
  countEnvelopes(): Promise<{ readonly kid: number; readonly envelopes: number }[]>;
  /** Up to `limit` (1 to 1000) envelopes under a kid, in the order of credential ids from the one after `after`. */
  listEnvelopes(kid: number, after: string | null, limit: number): Promise<ListedEnvelope[]>;
  /**
   * Compare-and-swap: replaces those envelopes that are still the ones that were listed.
   *
   * @returns the credential ids of those; the others were saved, removed or in use meanwhile, and are left alone
   */
  replaceEnvelopes(replacements: readonly Replacement[]): Promise<string[]>;
}
