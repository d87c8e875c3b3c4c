/** The database as the functions see it: the SQL functions of schema `byok`, whichever way they are reached. */
import type { SealedKey } from "../crypto/envelope.ts";
import type { ProviderId } from "../providers/index.ts";
import type { Finding, Verdict } from "../providers/types.ts";

/** The verdict of the last check, or `locked`: the envelope cannot be opened, so there is no key to check. */
export type CredentialStatus = Verdict | "locked";

/** What is known and shown about a saved API key. Never the key. Times are ISO 8601. */
export interface Credential {
  readonly id: string;
  readonly provider: string;
  /** Last four characters of the key, or empty. */
  readonly hint: string;
  readonly status: string;
  /** Why the status is what it is; null if the status says it all. */
  readonly reason: string | null;
  readonly verified_at: string | null;
  readonly created_at: string;
  readonly updated_at: string;
}

export interface NewCredential {
  readonly userId: string;
  readonly credentialId: string;
  readonly provider: ProviderId;
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
  readonly userId: string;
  readonly credentialId: string;
  readonly provider: string;
  /** Base64. */
  readonly envelope: string;
}

/** What is to take the place of an envelope; null where it cannot be opened, and its credential is to be marked `locked`. */
export interface Replacement extends ListedEnvelope {
  readonly sealed: SealedKey | null;
}

/** Who pays a call: the user's own provider account, or credits reserved by a hold. */
export type OpenedCall =
  | ({ readonly funding: "byok" } & SavedEnvelope)
  | {
      readonly funding: "platform";
      readonly holdId: string;
      readonly price_microcredits: number;
      readonly maxOutputTokens: number;
      readonly maxInput_bytes: number;
      readonly models: readonly string[];
    };

/** The claims of a verified access token (RFC 7519). */
export type Claims = Readonly<Record<string, unknown>>;

/** Every method throws the ByokError that SQL raised, `database_unavailable` when there is no answer, else `internal`. */
export interface Database {
  /** Whether tokens of an OAuth client are accepted: the operator names those that are. */
  isClientAccepted(clientId: string): Promise<boolean>;
  /**
   * Lets claims pass that are enough to save, check and remove API keys.
   *
   * @throws ByokError `claims_required` (with `claims`), `unauthenticated` for an OAuth client that is not accepted
   */
  requireClaims(claims: Claims): Promise<void>;
  saveCredential(credential: NewCredential): Promise<Credential>;
  /** Null when no key is saved. */
  readEnvelope(userId: string, provider: ProviderId): Promise<SavedEnvelope | null>;
  /** Null when that credential is no longer the current one. */
  markCredential(
    userId: string,
    credentialId: string,
    status: CredentialStatus,
    reason?: Finding["reason"],
  ): Promise<Credential | null>;
  /**
   * Counts a check of an API key.
   *
   * @throws ByokError `too_many_attempts`
   */
  countAttempt(userId: string): Promise<void>;
  /**
   * Decides who pays, in one round trip.
   *
   * @throws ByokError `operation_required`, `invalid_request`, `insufficient_credits`, `request_in_progress`, `request_completed`
   */
  openCall(userId: string, provider: ProviderId, operation: string | null, requestId: string): Promise<OpenedCall>;
  settleHold(userId: string, holdId: string): Promise<void>;
  voidHold(userId: string, holdId: string): Promise<void>;
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
