/** The database through the project's Data API: needs no set-up on any Supabase project. */
import { PostgrestClient } from "@supabase/postgrest-js";
import { databaseOver, databaseUnavailable, type FunctionName, type Parameters, refusalOf, type Rows } from "./rpc.ts";
import type { Database as Schema } from "./schema.ts";
import type { Database } from "./types.ts";

/** Longer than any statement may take there (8 s). */
const patienceMs = 10_000;

/** What stands before the Data API answers so when it is away; 0 is no answer at all. */
const awayStatuses = [0, 502, 503, 504];

/** What supabase-js calls functions of SQL by, without the rest of it, which is most of what a start would have to load. */
export function dataApi(supabaseUrl: string, secretKey: string): Database {
  const client = new PostgrestClient<Schema, {}, "byok">(`${supabaseUrl.replace(/\/$/, "")}/rest/v1`, {
    headers: { apikey: secretKey },
    schema: "byok",
    timeout: patienceMs,
  });
  return databaseOver(async <Name extends FunctionName>(name: Name, parameters: Parameters<Name>) => {
    const { data, error, status } = await client.rpc(name, parameters);
    if (!error) return [data].flat() as unknown as Rows<Name>;
    throw awayStatuses.includes(status) ? databaseUnavailable() : refusalOf(error);
  });
}
