/** The prices of calls on credits, as the operator's tools read them. Amounts are in microcredits: 1,000,000 are one credit. */
import type { Client } from "pg";

export interface Price {
  readonly operation: string;
  readonly provider: string;
  readonly model: string;
  /** Flat: the price of one call. Null for a metered price, which then has the four others. */
  readonly microcredits_per_call: number | null;
  readonly microcredits_per_1000_input_tokens: number | null;
  readonly microcredits_per_1000_cached_input_tokens: number | null;
  readonly microcredits_per_1000_cache_write_tokens: number | null;
  readonly microcredits_per_1000_output_tokens: number | null;
  readonly max_output_tokens: number;
  readonly max_input_bytes: number;
}

export async function readPrices(client: Client): Promise<Price[]> {
  // As JSON, in which a numeric is a number; Postgres's driver makes it a text.
  const { rows } = await client.query(
    "select coalesce(json_agg(p order by operation, provider, model), '[]') as prices from byok.prices as p",
  );
  return rows[0].prices;
}
