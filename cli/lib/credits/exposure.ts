/** The cost of calls on credits to the operator, beside the price of credits. All amounts of money are in USD. */
import type { Price } from "./prices.ts";

/** A provider's prices for a model, in USD for 1,000,000 tokens. */
export interface ModelCosts {
  readonly input_usd: number;
  readonly cached_input_usd: number;
  /** Of input that is written to the provider's cache; absent where that costs what input costs. */
  readonly cache_write_usd?: number;
  readonly output_usd: number;
}

/** By provider, then model. */
export type ProviderCosts = Readonly<Record<string, Readonly<Record<string, ModelCosts>>>>;

export interface Exposure {
  readonly operation: string;
  readonly provider: string;
  readonly model: string;
  readonly kind: "flat" | "metered";
  /** The most credits that one call is charged. */
  readonly most_credits: number;
  /** The most that one call costs; null if no costs are given for the model. */
  readonly worst_call_usd: number | null;
  /** The most that the calls cost that one credit buys; null also if a kind of token is sold for nothing. */
  readonly worst_credit_usd: number | null;
  /** Whether a credit may cost more than it is sold for; null if no costs are given for the model. */
  readonly isBelowCost: boolean | null;
}

/** Tokens that a provider adds to a request of its own, as the check of requests on credits assumes. */
const providerTokens = 1000;
/** A byte of text is one token at most, and media are weighed in bytes by the tokens that they may cost. */
const tokensPerByte = 1;

const million = 1_000_000;

export function exposureOf(prices: readonly Price[], costs: ProviderCosts, credit_usd: number): Exposure[] {
  return prices.map((price) => {
    const { operation, provider, model } = price;
    const cost = costs[provider]?.[model];
    const worst_credit_usd = cost ? worstCredit_usd(price, cost) : null;
    return {
      ...{ operation, provider, model },
      kind: price.microcredits_per_call === null ? "metered" : "flat",
      most_credits: most_microcredits(price) / million,
      worst_call_usd: cost ? worstCall_usd(price, cost) : null,
      worst_credit_usd: worst_credit_usd === Infinity ? null : worst_credit_usd,
      isBelowCost: worst_credit_usd === null ? null : worst_credit_usd > credit_usd,
    };
  });
}

function mostInputTokens({ max_input_bytes }: Price): number {
  return max_input_bytes * tokensPerByte + providerTokens;
}

function most_microcredits(price: Price): number {
  if (price.microcredits_per_call !== null) return price.microcredits_per_call;
  const input = Math.max(
    price.microcredits_per_1000_input_tokens!,
    price.microcredits_per_1000_cached_input_tokens!,
    price.microcredits_per_1000_cache_write_tokens!,
  );
  const output = price.microcredits_per_1000_output_tokens! * price.max_output_tokens;
  return Math.ceil((input * mostInputTokens(price) + output) / 1000);
}

function worstCall_usd(price: Price, cost: ModelCosts): number {
  const input_usd = Math.max(cost.input_usd, cost.cached_input_usd, cacheWrite_usd(cost));
  return (mostInputTokens(price) * input_usd + price.max_output_tokens * cost.output_usd) / million;
}

/** Of a flat price the dearest call; of a metered one a call that is all of the kind of token with the least margin. */
function worstCredit_usd(price: Price, cost: ModelCosts): number {
  if (price.microcredits_per_call !== null) {
    return worstCall_usd(price, cost) / (price.microcredits_per_call / million);
  }
  const kinds = [
    [cost.input_usd, price.microcredits_per_1000_input_tokens!],
    [cost.cached_input_usd, price.microcredits_per_1000_cached_input_tokens!],
    [cacheWrite_usd(cost), price.microcredits_per_1000_cache_write_tokens!],
    [cost.output_usd, price.microcredits_per_1000_output_tokens!],
  ] as const;
  // For 1,000,000 tokens the provider's price is in USD; a thousandth of the operator's in microcredits is in credits for as many.
  return Math.max(...kinds.map(([usd, microcredits]) => (usd === 0 ? 0 : usd / (microcredits / 1000))));
}

function cacheWrite_usd({ input_usd, cache_write_usd = input_usd }: ModelCosts): number {
  return cache_write_usd;
}
