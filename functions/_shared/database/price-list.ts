/** The price list, as an isolate remembers it: a request is checked against it before any credits are held. */
import { ByokError } from "../errors.ts";
import type { Database, Price } from "./types.ts";

/** How long a list is used, in ms. What a call costs is decided by the list in the database, when its credits are held. */
const maxAge_ms = 60_000;
/** How long, in ms, where it lacks the operation: the operator may just have added it. */
const maxAgeOfUnknown_ms = 1_000;

export interface PriceList {
  /** All prices. */
  all(): Promise<readonly Price[]>;
  /**
   * The prices of an operation by model; empty where credits do not buy it from this provider.
   *
   * @throws ByokError `invalid_request` if there is no such operation
   */
  pricesOf(operation: string, provider: string): Promise<ReadonlyMap<string, Price>>;
}

export function createPriceList(database: Pick<Database, "listPrices">): PriceList {
  let known: { readonly readAt_ms: number; readonly prices: Promise<readonly Price[]> } | null = null;

  function read(allowedAge_ms: number): Promise<readonly Price[]> {
    const now_ms = performance.now();
    if (known && now_ms - known.readAt_ms < allowedAge_ms) return known.prices;
    const reading = { readAt_ms: now_ms, prices: database.listPrices() };
    known = reading;
    // A list that could not be read is not remembered.
    reading.prices.catch(() => {
      if (known === reading) known = null;
    });
    return reading.prices;
  }

  async function pricesOfOperation(operation: string, allowedAge_ms: number): Promise<readonly Price[]> {
    return (await read(allowedAge_ms)).filter((price) => price.operation === operation);
  }

  return {
    all: () => read(maxAge_ms),
    async pricesOf(operation, provider) {
      let prices = await pricesOfOperation(operation, maxAge_ms);
      if (prices.length === 0) prices = await pricesOfOperation(operation, maxAgeOfUnknown_ms);
      if (prices.length === 0) {
        throw new ByokError("invalid_request", {
          message: "The header x-byok-operation names no operation that has a price.",
          details: { field: "x-byok-operation" },
        });
      }
      return new Map(prices.filter((price) => price.provider === provider).map((price) => [price.model, price]));
    },
  };
}
