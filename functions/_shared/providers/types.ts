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
  /** A refusal in the provider's own form, so that its SDK raises its own typed error. */
  errorBody(error: ByokError): unknown;
}
