/** The database through the project's Data API: needs no set-up on any Supabase project. */
import { PostgrestClient } from "@supabase/postgrest-js";
import { rpcOver } from "./failures.ts";
import { databaseOver, type FunctionName, type Parameters, type Rows } from "./rpc.ts";
import type { Database as Schema } from "./schema.ts";
import type { Database } from "./types.ts";

/** Longer than any statement may take there (8 s). */
const patience_ms = 10_000;

/**
 * A gateway before the Data API answers so when the Data API is away: Cloudflare's (520 to 524), and Supabase's own for a project
 * that is paused (540) and a connection that timed out (544); 0 is no answer at all.
 * https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/,
 * https://supabase.com/docs/guides/platform/http-status-codes (November 2026)
 */
const awayStatuses = [0, 502, 503, 504, 520, 521, 522, 523, 524, 540, 544];

/** Uses the part of supabase-js that calls functions of SQL. The rest is most of the code that a start would have to load. */
export function dataApi(supabaseUrl: string, secretKey: string): Database {
  const client = new PostgrestClient<Schema, {}, "byok">(`${supabaseUrl.replace(/\/$/, "")}/rest/v1`, {
    headers: { apikey: secretKey },
    schema: "byok",
    timeout: patience_ms,
  });
  const rpc = rpcOver(async <Name extends FunctionName>(name: Name, parameters: Parameters<Name>) => {
    const { data, error, status } = await client.rpc(name, parameters);
    if (!error) return { rows: [data].flat() as unknown as Rows<Name> };
    return { failure: { ...error, isAway: awayStatuses.includes(status) } };
  }, "data-api");
  return databaseOver(rpc);
}
