/** Balances, operations and their prices as the client answers them: in credits. */
import type { Database } from "../protocol/schema.ts";
import type { Balance, Operation, ProviderId } from "./types.ts";

/** The database counts in microcredits, the user in credits. */
export function toCredits(microcredits: number): number {
  return microcredits / 1_000_000;
}

/** An owner without an account, who was never granted anything, has nothing. */
export function balanceOf(row?: { available_microcredits: number; held_microcredits: number }): Balance {
  return {
    available_credits: toCredits(row?.available_microcredits ?? 0),
    held_credits: toCredits(row?.held_microcredits ?? 0),
  };
}

type PriceRow = Database["byok"]["Tables"]["prices"]["Row"];

export function operationOf(
  row: Pick<Operation, "name" | "label" | "description">,
  prices: readonly PriceRow[],
): Operation {
  const own = prices.filter(({ operation }) => operation === row.name);
  const flat = own.flatMap(({ microcredits_per_call }) => microcredits_per_call ?? []);
  return {
    ...row,
    price_credits: flat.length > 0 ? toCredits(Math.min(...flat)) : null,
    prices: own.map((price) => ({
      provider: price.provider as ProviderId,
      model: price.model,
      credits_per_call: creditsOrNull(price.microcredits_per_call),
      credits_per_1000_input_tokens: creditsOrNull(price.microcredits_per_1000_input_tokens),
      credits_per_1000_cached_input_tokens: creditsOrNull(price.microcredits_per_1000_cached_input_tokens),
      credits_per_1000_cache_write_tokens: creditsOrNull(price.microcredits_per_1000_cache_write_tokens),
      credits_per_1000_output_tokens: creditsOrNull(price.microcredits_per_1000_output_tokens),
      max_output_tokens: price.max_output_tokens,
      max_input_bytes: price.max_input_bytes,
    })),
  };
}

function creditsOrNull(microcredits: number | null): number | null {
  return microcredits === null ? null : toCredits(microcredits);
}

/** Operations that are only metered come last. */
export function byPriceDescending(left: Operation, right: Operation): number {
  return (right.price_credits ?? 0) - (left.price_credits ?? 0);
}
