/** The client's types: records as the database keeps them, and errors as values instead of exceptions. */
import type { Database } from "../protocol/schema.ts";
import type { ListedProvider, UnusedKey } from "../protocol/answers.ts";
import type { ErrorCode as ServerErrorCode } from "../protocol/errors.ts";
import type { Connecting, PendingConnection } from "./connecting.ts";
import type { TeamKey } from "./team-keys.ts";
import type { ProviderId as KnownProviderId } from "../catalogue/index.ts";
import type { Reason, Verdict } from "../catalogue/types.ts";

export type { ByokOptions } from "./options.ts";
export type { Connecting, PendingConnection, Reason, TeamKey, UnusedKey, Verdict };

/** The ids that are known today, and those that a newer server may add. */
export type ProviderId = KnownProviderId | (string & {});

/** A provider as the server lists it: `providers()`. */
export interface Provider extends Omit<ListedProvider, "id"> {
  readonly id: ProviderId;
}

type Row<Table extends keyof Database["byok"]["Tables"]> = Readonly<Database["byok"]["Tables"][Table]["Row"]>;

/** The verdict of the last check, or `locked`: the saved key cannot be opened any more and has to be saved again. */
export type CredentialStatus = Verdict | "locked";

/**
 * The record about a saved API key. The id is new with every save; `prefix` is the public beginning of its kind, such as
 * `sk-proj-`, or empty; `hint` is the key's last four characters, or empty for a
 * short key; times are ISO 8601.
 */
export interface Credential extends Pick<
  Row<"credentials">,
  "id" | "prefix" | "hint" | "is_paused" | "last_used_on" | "verified_at" | "created_at" | "updated_at"
> {
  readonly provider: ProviderId;
  readonly status: CredentialStatus;
  /** Why the last check came to this status; null if the status says it all. `catalogue/reasons.ts` has a sentence for each. */
  readonly reason: Reason | null;
}

/** A key to save. It is held by nobody once the request is over. */
export interface NewKey {
  readonly provider: ProviderId;
  readonly key: string;
  /** The part of the provider's address that belongs to the key, where `providers()` says that it has one: `eu`. */
  readonly place?: string | undefined;
}

/** An event in the life of a key. `status` is the one after it; `actor_id` is the user or member, null for the operator and the schedule. */
export interface KeyEvent extends Pick<Row<"key_events">, "id" | "hint" | "actor_id" | "created_at"> {
  readonly kind: "saved" | "replaced" | "removed" | "paused" | "resumed" | "verdict_changed" | "locked" | "rotated";
  readonly provider: ProviderId;
  readonly status: CredentialStatus;
  readonly reason: Reason | null;
  /** Who did it: the user; a member of the team; the operator, by hand or by a job; the schedule of checks. */
  readonly actor: "user" | "member" | "operator" | "schedule";
  /** Whether it was the signed-in user, for a team's key too. */
  readonly by_me: boolean;
}

/** Events, newest first. `next` is what to pass as `before` for those that follow; null at the end. */
export interface KeyEventPage {
  readonly events: readonly KeyEvent[];
  readonly next: number | null;
}

export interface KeyEventOptions {
  /** Only events older than the one with this id. */
  readonly before?: number | undefined;
  /** 1 to 100; 20 when absent. */
  readonly limit?: number | undefined;
  /** Only those of this provider's keys. */
  readonly provider?: ProviderId | undefined;
}

/** A credential and what the provider just said of its key. */
export interface CheckedCredential {
  readonly credential: Credential;
  readonly verdict: Verdict;
  readonly reason: Reason | null;
}

/** In credits: what can be spent, and what calls under way have reserved. */
export interface Balance {
  readonly available_credits: number;
  readonly held_credits: number;
}

/**
 * The price of an operation on credits with a model, and the limits of such a call. Either flat, by the call, or metered, by
 * the tokens that the provider counts; what does not apply is null.
 */
export interface Price extends Pick<Row<"prices">, "model" | "max_output_tokens" | "max_input_bytes"> {
  readonly provider: ProviderId;
  readonly credits_per_call: number | null;
  readonly credits_per_1000_input_tokens: number | null;
  readonly credits_per_1000_cached_input_tokens: number | null;
  readonly credits_per_1000_cache_write_tokens: number | null;
  readonly credits_per_1000_output_tokens: number | null;
}

/** A kind of work with a price. `label` and `description` are for users. */
export interface Operation extends Row<"operations"> {
  /** The lowest flat price; null if every price is metered. */
  readonly price_credits: number | null;
  /** By model; credits buy no other. */
  readonly prices: readonly Price[];
}

/** `grant` puts credits in, `revoke` takes them back; `charge` is the price of a call, `refund` gives back of it. */
export type EntryKind = "grant" | "revoke" | "charge" | "refund";

/** One line of the ledger; `credits` is always positive, the kind says which way they went. */
export interface Entry extends Pick<
  Row<"entries">,
  "id" | "operation" | "provider" | "model" | "reason" | "created_at"
> {
  readonly kind: EntryKind;
  readonly credits: number;
}

/** Entries, newest first. `next` is what to pass as `before` for those that follow; null at the end. */
export interface HistoryPage {
  readonly entries: readonly Entry[];
  readonly next: number | null;
}

export interface HistoryOptions {
  /** Only entries older than the one with this id. */
  readonly before?: number | undefined;
  /** 1 to 100; 20 when absent. */
  readonly limit?: number | undefined;
  /** Only these; all when absent. */
  readonly kinds?: readonly EntryKind[] | undefined;
}

/** Where an SDK finds a provider through `call`. */
export interface Endpoint {
  /** Followed by a path as in the provider's documentation. */
  readonly url: string;
  /** Base URL for the provider's own SDK: `openai`, `@anthropic-ai/sdk`, `@google/genai`, `groq-sdk`. */
  readonly sdk: string;
  /** Base URL for the provider's package of the AI SDK: `@ai-sdk/<provider>`, or `@ai-sdk/openai-compatible`. */
  readonly aiSdk: string;
}

/** Who paid a call, and what its error says about the key, from the headers of its answer. */
export interface Payment {
  /** `byok`: the user's account with the provider; `platform`: credits. null if the answer does not say, as in a refusal by the functions. */
  readonly payer: "byok" | "platform" | null;
  /** Whether the key or the credits are the user's own or those of a team; null where `payer` is. */
  readonly owner: "user" | "team" | null;
  /** The price of the call in credits; null if the answer does not say. */
  readonly credits: number | null;
  /** The code of our own refusal; null for an answer of the provider. */
  readonly errorCode: ServerErrorCode | null;
  /** The verdict of an error under BYOK about the user's key; null if it has none, and in every success. */
  readonly verdict: Verdict | null;
  /** Why, where the provider says so; `catalogue/reasons.ts` has a sentence for each. */
  readonly reason: Reason | null;
  /** Why credits pay though a key is saved: `not_allowed`, if the app took the right to bring keys away; `paused`. null if the answer does not say. */
  readonly unusedKey: UnusedKey | null;
}

/** The rights that the app gives the user, by plan or trial; for a client of a team, those of the team. All false for a stranger to it. */
export interface Rights {
  /** Save, check and use API keys of their own. Without it a saved key stays, unused. */
  readonly mayBringKey: boolean;
  readonly mayUseCredits: boolean;
  /** Save, check, pause and remove keys: of a team, its admins alone. */
  readonly mayManageKeys: boolean;
  /** Whether the user belongs to the team; for a client of the user's own keys, whether the app lets the user have any. */
  readonly isMember: boolean;
}

/** Further fields of an error, by its code. */
interface ErrorDetails {
  /** Which field of the request is wrong; `wrong_kind` for an API key that can never work here. */
  invalid_request: { readonly field?: string; readonly reason?: Reason };
  /** The largest body that is let in. */
  body_too_large: { readonly max_bytes: number };
  /** Which field of the request credits do not buy. */
  not_offered: { readonly field?: string };
  /** The app's own code for its refusal. */
  refused_by_app: { readonly app_code: string };
  /** Claims that the access token lacks: `{ aal: "aal2" }` asks for a second factor. */
  claims_required: { readonly claims: Readonly<Record<string, unknown>> };
  insufficient_credits: { readonly price_credits: number; readonly available_credits: number };
  /**
   * Why, where the provider says so itself. With the marked credential when a saved key was checked; without one when a new key
   * was refused and the old one stays.
   */
  api_key_rejected: { readonly verdict?: Verdict; readonly reason?: Reason; readonly credential?: Credential };
  /** With the credential, marked as locked, when a saved key was checked. */
  envelope_unreadable: { readonly credential?: Credential };
  /** Seconds until the next attempt is let in. */
  too_many_attempts: { readonly retry_after_s: number };
  /** Seconds until the next minute. */
  too_many_calls: { readonly retry_after_s: number };
  /** Seconds after which it may be there again. */
  database_unavailable: { readonly retry_after_s?: number };
}

/**
 * Every code that the functions answer, and six that only a client can tell:
 *
 * - `offline`: no answer came; the request may or may not have arrived
 * - `session_expired`: nobody is signed in, or no longer
 * - `unavailable`: the platform answered in place of the functions or the database, which may or may not have done their work
 * - `unsupported_browser`: `save` cannot seal the key, since WebCrypto or its X25519 is missing: a browser older than 2025, or a page
 *   without HTTPS
 * - `begun_by_another`: `finishConnecting` for another user or team than began; nothing was sent
 * - `unexpected`: an answer in no form that the client knows
 */
export type ByokErrorCode =
  | ServerErrorCode
  | "offline"
  | "session_expired"
  | "unavailable"
  | "unsupported_browser"
  | "begun_by_another"
  | "unexpected";

/** Why something failed, in one plain sentence, with details by code. It never holds an API key or the request that did. */
export type ByokError = {
  [Code in ByokErrorCode]: { readonly code: Code; readonly message: string } & (Code extends keyof ErrorDetails
    ? ErrorDetails[Code]
    : unknown);
}[ByokErrorCode];

/** A result without data. */
export interface Failure {
  readonly data: null;
  readonly error: ByokError;
}

/**
 * Either data or an error, as supabase-js answers. After `if (error) return`, TypeScript knows `data`; `error` narrows to its
 * details by `code`.
 */
export type Result<T> = { readonly data: T; readonly error: null } | Failure;

/** Everything that a settings page needs. No method throws: each answers `{ data, error }`. */
export interface Byok {
  /** Id of the team whose keys, balance and history these are; null for the user's own. */
  readonly team: string | null;
  /** The saved credentials of the signed-in user, one a provider at most. */
  list(): Promise<Result<readonly Credential[]>>;
  /** The teams' keys that calls use where the user has none in use, one a provider at most. None where `team` is not null. */
  teamKeys(): Promise<Result<readonly TeamKey[]>>;
  /** Checks an API key with the provider and saves it unless it is refused. The key before it stays if it is. */
  save(key: NewKey): Promise<Result<CheckedCredential>>;
  /**
   * Begins to connect the user's account, where a provider's `connect_url` is not null. Send the user to `url`, and keep `pending` in
   * sessionStorage. The provider sends them back to `callbackUrl` with `code` in the query.
   */
  beginConnecting(provider: ProviderId, callbackUrl: string): Promise<Result<Connecting>>;
  /**
   * Has the server fetch the key for a code and save it as `save` does; it never comes to the browser. `code_refused` if the code was used
   * before or has expired; `begun_by_another` if another user is signed in than began, or this is another team: nothing is exchanged then.
   */
  finishConnecting(pending: PendingConnection, code: string): Promise<Result<CheckedCredential>>;
  /** Checks the saved API key again. */
  verify(provider: ProviderId): Promise<Result<CheckedCredential>>;
  /** Removes the saved API key; `removed` is false when there was none any more. */
  remove(provider: ProviderId): Promise<Result<{ readonly removed: boolean }>>;
  /** Leaves the saved key unused: credits pay its calls until `resume`. `credential_not_found` without a key. */
  pause(provider: ProviderId): Promise<Result<Credential>>;
  /** Uses a paused key again. `credential_not_found` without a key. */
  resume(provider: ProviderId): Promise<Result<Credential>>;
  /** The events in the life of the keys, also of those that are gone: the newest 200 are kept. */
  keyEvents(options?: KeyEventOptions): Promise<Result<KeyEventPage>>;
  /**
   * Calls the listener for each new event of a key while the page is open, by Supabase Realtime; it needs sql/optional/realtime.sql.
   *
   * @returns how to stop listening
   */
  onKeyEvent(listener: () => void): () => void;
  /** The rights of the user; true where the app has said nothing else. */
  rights(): Promise<Result<Rights>>;
  balance(): Promise<Result<Balance>>;
  /** The operations that credits buy, dearest first. */
  operations(): Promise<Result<readonly Operation[]>>;
  history(options?: HistoryOptions): Promise<Result<HistoryPage>>;
  /**
   * Every provider, in the order in which a page shows them; those with `enabled` are offered. It is the same for all users, so it is
   * asked for once.
   */
  providers(): Promise<Result<readonly Provider[]>>;
  /** Where SDKs find a provider; `unknown_provider` if it is not offered. */
  endpoint(provider: ProviderId): Promise<Result<Endpoint>>;
  /** The user's access token, to pass where an SDK wants an API key. It expires: ask before each call. */
  token(): Promise<Result<string>>;
}
