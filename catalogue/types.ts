/**
 * The form of the catalogue. Everything here is data that survives a JSON round trip: patterns are regular
 * expressions as text, matched without regard to case. The engine that reads it is in `functions/_shared/providers/`.
 */

/**
 * The result of a check of an API key; also the status of a credential.
 *
 * - `verified`: calls work; `restricted`: the provider knows the key and limits what it may do; `rate_limited`: it works, but
 *   not right now
 * - `no_credit`: the provider knows the key, and the account behind it cannot pay
 * - `rejected`: the provider does not accept the key, or has closed the account behind it
 * - `unverified`: the check did not find out
 */
export type Verdict = "verified" | "unverified" | "rejected" | "restricted" | "no_credit" | "rate_limited";

/** Why, beside a verdict. `reasons.ts` has a sentence for each. */
export type Reason =
  | "account_disabled"
  | "api_not_allowed"
  | "api_not_enabled"
  | "app_only"
  | "billing_inactive"
  | "check_limited"
  | "deployment_unknown"
  | "inconclusive"
  | "key_disabled"
  | "key_expired"
  | "kind_retired"
  | "membership_needed"
  | "missing_scope"
  | "model_not_allowed"
  | "network_not_allowed"
  | "no_chat_model"
  | "not_in_this_country"
  | "other_region"
  | "out_of_credit"
  | "policy_forbids"
  | "refused_at_edge"
  | "spend_limit_reached"
  | "terms_not_accepted"
  | "verification_needed"
  | "website_only"
  | "workspace_needed"
  | "wrong_kind";

/**
 * The part of a provider's address that belongs to a key, such as a region: one DNS label within a constant host. The key's user
 * names it with the key.
 */
export interface PlaceRule extends Source {
  readonly kind: "region" | "resource";
  /** `https://` and a host with `{place}` as its first label or a part of it. */
  readonly template: string;
  /** Keys may do without one, and then go to the origin of the API. */
  readonly isOptional?: true;
  /** Label -> name for users, where the places are few and documented. */
  readonly known?: Readonly<Record<string, string>>;
  /** Matches a label as a whole, where there is no list. */
  readonly pattern?: string;
  /** Where users find it, in one sentence. */
  readonly hint: string;
  readonly example: string;
}

/** An API key and where it may be sent. */
export interface PlacedKey {
  readonly apiKey: string;
  /** The part of the provider's address that belongs to this key, a DNS label; null for none. */
  readonly place: string | null;
}

/** How a provider's API phrases requests, lists and errors. Most speak OpenAI's. */
export type Dialect = "openai" | "anthropic" | "google";

/** Where a fact comes from, and the day it was last read there (ISO 8601). */
export interface Source {
  readonly url: string;
  readonly seen: string;
}

/**
 * One kind of answer and what it says about the key. All given fields have to match. A row stands for answers in the API's own
 * form only, unless `form` is `any`: the same status and words from an edge or a proxy say nothing.
 */
export interface AnswerRow {
  readonly status?: number | "5xx";
  /** `error.code`; matches as a whole, as `type` and `reason` do. */
  readonly code?: string;
  /** `error.type`; for Google `error.status`. */
  readonly type?: string;
  /** One of the reasons that stand in the error's details: `ErrorInfo.reason`, a quota's id, `details.error_code`. */
  readonly reason?: string;
  /** A part of the error's message. */
  readonly words?: string;
  readonly form?: "any";
  /** Null if the answer says nothing about the key, but about the request. */
  readonly verdict: Verdict | null;
  readonly because?: Reason;
  /** The answer is about the model that was asked for; another one may do. */
  readonly ofModel?: true;
  /** The chat endpoint does not serve this model; the Responses endpoint may. */
  readonly elsewhere?: true;
  /** A name in `sources`. */
  readonly source: string;
}

/**
 * Which of a client's headers go along. Under BYOK those whose names begin with the prefix, but for those that authenticate or
 * tell who the caller is; on credits the named ones only.
 */
export interface FeatureHeaders extends Source {
  readonly prefix: string;
  /** Matches a name as a whole. */
  readonly staysBehind?: string;
  readonly onCredits?: readonly string[];
}

/** The endpoints of OpenAI's API that the address for all providers serves. */
export type CompatiblePath = "/chat/completions" | "/responses" | "/embeddings";

/** The provider's own endpoints in OpenAI's form. */
export interface CompatibleApi extends Source {
  /** Stands before OpenAI's path, such as `/v1`. */
  readonly base: string;
  /** Those of OpenAI's paths that the provider documents. */
  readonly paths: readonly CompatiblePath[];
  /** Where the key goes there, if not where the rest of its API takes it. */
  readonly authentication?: Authentication;
  /** How it phrases errors there, if not as the rest of its API. */
  readonly dialect?: Dialect;
}

/** The header that carries the key, and what stands before the key in it. */
export interface Authentication {
  readonly header: string;
  readonly before: string;
}

/** A client that follows such an address sends it the access token, so `call` names an address of its own in its place. */
export interface AddressPlaces extends Source {
  /** Names of headers. */
  readonly headers?: readonly string[];
  /** Names of fields in JSON bodies, wherever in the body they stand, for the paths that match as a whole. */
  readonly fields?: { readonly path: string; readonly names: readonly string[] };
}

/**
 * Where an error of the API says what happened, as paths into its body such as `error.message`. A body has this form if each of
 * them leads to a text or a number.
 */
export interface ErrorForm {
  readonly message: string;
  readonly code?: string;
  readonly type?: string;
}

/** A provider that makes a key for an app when its user agrees there: OAuth with PKCE (RFC 7636), method S256. */
export interface KeyConnection extends Source {
  /** Where the user is sent, with `callback_url`, `code_challenge` and `code_challenge_method`; comes back with `code`. */
  readonly authorizePath: string;
  /** Where the functions post `code`, `code_verifier` and `code_challenge_method`, without a key, for `{key}`. */
  readonly exchangePath: string;
}

export interface Provider {
  /** Bound into every envelope: 1 to 255, never changed, never reused. */
  readonly number: number;
  /** As users know it. */
  readonly name: string;
  readonly keys: {
    /**
     * The beginnings of keys, the newest form first; empty if it is not known. A hint for the page: it decides nothing, since
     * formats change.
     */
    readonly prefixes: readonly string[];
    /** The whole beginning of a key that is made today. */
    readonly newest?: string;
    /** Keys that can never work here, by their beginning, and what to say. */
    readonly unsupported?: readonly { readonly prefix: string; readonly message: string }[];
    /** Keys of a kind that the provider no longer takes, or will not much longer, by their beginning; it decides nothing. */
    readonly retired?: Source & { readonly prefix: string };
    /** How users connect their account in the place of pasting a key; absent where they cannot. */
    readonly connection?: KeyConnection;
    /** The environment variable that the provider's own SDK reads a key from. */
    readonly variable: string;
    /** Where users make and revoke keys. */
    readonly keysUrl: string;
    /** Where users add credit, if that is another page that is known. */
    readonly billingUrl?: string;
  };
  /** Where base URLs continue below `call/<provider>`: of the provider's own SDK, and of its package of the AI SDK. */
  readonly sdkPaths: { readonly sdk: string; readonly aiSdk: string };
  readonly api: {
    readonly dialect: Dialect;
    /** `https://host`, where requests go and nowhere else. With `{place}` in it where each key has to have a place. */
    readonly origin: string;
    /** The paths that are relayed begin with one of these. */
    readonly prefixes: readonly string[];
    readonly authentication: Authentication;
    /** Headers that our own requests carry beside it. Calls keep what the client chose. */
    readonly headers: Readonly<Record<string, string>>;
    /** The client's headers that choose features of this provider's; none without it. */
    readonly features?: FeatureHeaders;
    /** Beginnings of the names of headers that come back under BYOK, beside those that every provider's answers may have. */
    readonly returns?: readonly string[];
    /** Where answers name an address of the API that clients go on with; none without it. */
    readonly addresses?: AddressPlaces;
    /** Its endpoints in OpenAI's form; absent if it has none. */
    readonly compatible?: CompatibleApi;
    /** Path of a chat generation, with `{model}` where the path names the model. */
    readonly generation: string;
    /** The same for a streamed answer, where the path differs. */
    readonly stream?: string;
    /** Path of a POST that makes a short-lived secret, with which a client opens a WebSocket to the provider itself. */
    readonly ephemeralSecrets?: string;
    /** Path of the Responses endpoint, for models that the chat endpoint does not serve. */
    readonly responses?: string;
    /** The field that limits the output of a chat generation in tokens, where the dialect has an older name for it. */
    readonly limitField?: "max_tokens";
    /** The forms of its errors, where they are not the dialect's own. */
    readonly errorForms?: readonly ErrorForm[];
  };
  /** The place that its keys have; none without it. */
  readonly place?: PlaceRule;
  readonly check: {
    /** Path of the free list of models; absent if there is none to rely on. */
    readonly listing?: string;
    /** The list is given to anyone, as far as is known. It then names models, and proves nothing about the key. */
    readonly isPublic?: true;
    /** The field of a row of the list, as a path, that tells by its value whether the model can chat. */
    readonly chatField?: { readonly path: string; readonly value: string };
    /** Listed models that cannot chat, where the list does not say so itself. */
    readonly cannotChat?: string;
    /**
     * Calls name deployments, and their owners choose the names. The list has other names, so a check asks the models of the row:
     * many deployments are called like their model.
     */
    readonly deployments?: true;
    /** Models that only the Responses endpoint serves. */
    readonly responsesOnly?: string;
    /** Which of the listed models to ask first: the cheapest. Each pattern is a rank; other models come last. */
    readonly cheapest: readonly string[];
  };
  readonly models: Source & {
    /** Models that can chat and are served on that day. A check asks them, in this order, where it may not list any. */
    readonly chat: readonly string[];
    /** Models for other things, such as embeddings and speech. */
    readonly other: readonly string[];
  };
  /** Where its address, its keys and its list of models are documented. */
  readonly documentation?: readonly Source[];
  readonly sources: Readonly<Record<string, Source>>;
  /** Most specific first; the rows of `shared-answers.ts` follow. */
  readonly answers: readonly AnswerRow[];
}

/** As much of a provider as a call needs. */
export type CalledProvider = Pick<Provider, "number" | "name" | "api" | "place">;
