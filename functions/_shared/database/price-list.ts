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

type Prices = readonly Price[];
/** By operation, provider and model. */
type PriceIndex = ReadonlyMap<string, ReadonlyMap<string, ReadonlyMap<string, Price>>>;

interface Reading {
  readonly readAt_ms: number;
  readonly prices: Promise<Prices>;
  readonly index: Promise<PriceIndex>;
}

const none: ReadonlyMap<string, Price> = new Map();

export function createPriceList(database: Pick<Database, "listPrices">): PriceList {
  let known: Reading | null = null;

  function read(allowedAge_ms: number): Reading {
    const now_ms = performance.now();
    if (known && now_ms - known.readAt_ms < allowedAge_ms) return known;
    const prices = database.listPrices();
    const reading = { readAt_ms: now_ms, prices, index: prices.then(indexOf) };
    known = reading;
    // A list that could not be read is not remembered.
    reading.index.catch(() => {
      if (known === reading) known = null;
    });
    return reading;
  }

  return {
    all: () => read(maxAge_ms).prices,
    async pricesOf(operation, provider) {
      let index = await read(maxAge_ms).index;
      if (!index.has(operation)) index = await read(maxAgeOfUnknown_ms).index;
      const prices = index.get(operation);
      if (prices) return prices.get(provider) ?? none;
      throw new ByokError("invalid_request", {
        message: "The header x-byok-operation names no operation that has a price.",
        details: { field: "x-byok-operation" },
      });
    },
  };
}

function indexOf(prices: Prices): PriceIndex {
  const index = new Map<string, Map<string, Map<string, Price>>>();
  for (const price of prices) {
    const ofOperation = index.get(price.operation) ?? new Map<string, Map<string, Price>>();
    const ofProvider = ofOperation.get(price.provider) ?? new Map<string, Price>();
    index.set(price.operation, ofOperation.set(price.provider, ofProvider.set(price.model, price)));
  }
  return index;
}
