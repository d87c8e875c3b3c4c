/**
 * The final price of a call on credits. It is charged when the provider's answer begins, so that nothing that happens later
 * decides whether what was delivered is paid; these rules say what is given back. They only decide: `hold.ts` carries it out.
 */
import type { Rates, Refund } from "../database/types.ts";
import { ByokError } from "../errors.ts";

/** How an answer ended, as `relay/answer.ts` reports it. */
export interface EndedAnswer {
  readonly ending:
    "complete" | "error_event" | "broken_off" | "stalled" | "client_gone" | "client_stalled" | "withheld";
  /** Whether any generated content was passed on. */
  readonly contentDelivered: boolean;
  /** Whether the provider's error holds what the model had generated, which the client does not get. */
  readonly contentLost: boolean;
  /** The provider's own counts; null if it reported none. */
  readonly usage: Refund["usage"];
}

export interface EndedCall {
  readonly report: EndedAnswer;
  /** Whether the client had left. The provider's connection breaks then too, because we end it. */
  readonly isClientGone: boolean;
  readonly charged_microcredits: number;
  /** Of a metered price; null for a flat one. */
  readonly rates: Rates | null;
}

/** The part of a charge to give back when its answer has ended; null if there is none. */
export function refundOf({ report, isClientGone, charged_microcredits, rates }: EndedCall): Refund | null {
  const { contentDelivered, contentLost, usage } = report;
  // Without limit it would cost nothing to have the model fail at the end of its work, as a tool that it cannot call does.
  const hasGenerated = contentDelivered || contentLost || (usage !== null && usage.output_tokens > 0);
  const all = (reason: Refund["reason"]): Refund => ({ microcredits: charged_microcredits, reason, usage });
  switch (isClientGone && report.ending !== "complete" ? "client_gone" : report.ending) {
    case "complete": {
      // An answer that ends well, without content and without counts, broke off somewhere that cannot be seen from here.
      if (!contentDelivered && usage === null) return all("broken_off");
      if (rates === null || usage === null) return null;
      const microcredits = charged_microcredits - cost_microcredits(rates, usage);
      return microcredits > 0 ? { microcredits, reason: "unused", usage } : null;
    }
    case "error_event":
    case "broken_off":
      return all(hasGenerated ? "broken_off" : "nothing_delivered");
    case "stalled":
      return all("broken_off");
    case "client_gone":
    case "client_stalled":
      return contentDelivered ? null : all("broken_off");
    case "withheld":
      return null;
  }
}

/** The price of a metered call by the provider's own counts, rounded up; in integers, since the products pass 2^53. */
function cost_microcredits(rates: Rates, usage: NonNullable<EndedAnswer["usage"]>): number {
  const cached_tokens = Math.min(usage.cached_input_tokens, usage.input_tokens);
  const written_tokens = Math.min(usage.cache_write_tokens, usage.input_tokens - cached_tokens);
  const times = (tokens: number, rate: number) => BigInt(tokens) * BigInt(rate);
  const thousandfold =
    times(usage.input_tokens - cached_tokens - written_tokens, rates.input_microcredits) +
    times(cached_tokens, rates.cached_input_microcredits) +
    times(written_tokens, rates.cache_write_microcredits) +
    times(usage.output_tokens, rates.output_microcredits);
  return Number((thousandfold + 999n) / 1000n);
}

/**
 * Whether a call whose answer never began may have cost something at the provider: it went on with it while the client left, or
 * until we stopped waiting. What it refused, and what never reached it, cost nothing.
 */
export function mayHaveCost(error: unknown, isClientGone: boolean): boolean {
  return isClientGone || (error instanceof ByokError && error.code === "provider_timeout");
}
