/** Types of the engine over the catalogue. */
import type { Reason, Verdict } from "../../../catalogue/types.ts";

export type { CalledProvider, PlacedKey, PlaceRule, Provider, Reason, Verdict } from "../../../catalogue/types.ts";

/** The result of a check of a key. The reason is null if the verdict says it all. */
export interface Finding {
  readonly verdict: Verdict;
  readonly reason: Reason | null;
}

/** A provider's answer, as far as a verdict needs it. */
export interface Answer {
  readonly status: number;
  /** The body as JSON, or undefined if it was none. */
  readonly body: unknown;
}

/** One request that shows whether a key works. */
export interface Probe {
  readonly path: string;
  /** JSON to POST; a GET without it. */
  readonly body?: unknown;
}
