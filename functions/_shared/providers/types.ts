/** What one provider is to us: an address, a way to authenticate, and what its answers mean. */
import type { ByokError } from "../errors.ts";

/**
 * What a check with the provider found out about a key; also the status of a credential.
 *
 * - `verified`: it works; `restricted`: it works, but lacks a permission; `rate_limited`: it works, but not right now
 * - `no_credit`: the provider knows it, and the account behind it cannot pay
 * - `rejected`: the provider does not accept it
 * - `unverified`: the provider could not be asked, so nothing is known
 */
export type Verdict = "verified" | "unverified" | "rejected" | "restricted" | "no_credit" | "rate_limited";

/** A provider's answer, as far as a verdict needs it. */
export interface Answer {
  readonly status: number;
  /** The body as JSON, or undefined if it was none. */
  readonly body: unknown;
}

/** One request that shows whether a key works. */
export interface Probe {
  readonly path: string;
  /** Headers beside those that authenticate. */
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON to POST; a GET without it. */
  readonly body?: unknown;
}

export interface Adapter {
  /** The provider's name as users know it. */
  readonly name: string;
  /** Bound into every envelope: 1 to 255, never changed, never reused. */
  readonly number: number;
  /** `https://host`, where requests go and nowhere else. */
  readonly origin: string;
  /** The paths that are relayed begin with one of these. */
  readonly prefixes: readonly string[];
  /** Headers that authenticate with an API key. */
  authenticate(apiKey: string): Record<string, string>;
  /** Why a key is of a kind that can never work here, such as an admin key; null if it may work. */
  refuseKind(apiKey: string): string | null;
  /** Free: lists models. */
  readonly listing: Probe;
  /** Costs one token: generates with the cheapest of the listed models. */
  generation(listing: unknown): Probe;
  /** What an answer says about the key; null when it says nothing, as with a bad request. */
  judge(answer: Answer): Verdict | null;
  /** What platform credits may pay for. */
  readonly platformRules: readonly PlatformRule[];
  /** A refusal in the provider's own form, so that its SDK raises its own typed error. */
  errorBody(error: ByokError): unknown;
}

/** One kind of request that the platform's own key may send for a user. Everything not named here is refused. */
export interface PlatformRule {
  /** The path; the group `model` where the path names the model. */
  readonly path: RegExp;
  /** Fields the body may have: those that neither cost extra nor reach what is stored in the platform's account. */
  readonly fields: readonly string[];
  /** Fields that an object in the body may have, by the name of the object. */
  readonly nestedFields?: Readonly<Record<string, readonly string[]>>;
  /** The fields that hold the conversation. */
  readonly content: readonly string[];
  /** Keys anywhere in the conversation that would refer to what is stored in the platform's account. */
  readonly references: readonly string[];
  /** Whether an object in the conversation refers to what is stored though it has none of these keys. */
  isReference?(part: Record<string, unknown>): boolean;
  /** Keys in the conversation whose value is the client's own data, not read by the provider. */
  readonly opaque: readonly string[];
  /** Whether a tool runs at the client; tools the provider runs itself cost extra. */
  isClientTool(tool: Record<string, unknown>): boolean;
  /** The body with its output capped and nothing stored. */
  limit(body: Record<string, unknown>, maxOutputTokens: number): Record<string, unknown>;
}
