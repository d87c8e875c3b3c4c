/** The database through the project's Data API: needs no set-up on any Supabase project. */
import { createClient } from "@supabase/supabase-js";
import { databaseOver, databaseUnavailable, type FunctionName, type Parameters, refusalOf, type Rows } from "./rpc.ts";
import type { Database as Schema } from "./schema.ts";
import type { Database } from "./types.ts";

/** Longer than any statement may take there (8 s). */
const patienceMs = 10_000;

/** What stands before the Data API answers so when it is away; 0 is no answer at all. */
const awayStatuses = [0, 502, 503, 504];

/** Make one for each isolate: every client of supabase-js keeps timers of its own. */
export function dataApi(supabaseUrl: string, secretKey: string): Database {
  const client = createClient<Schema, "byok">(supabaseUrl, secretKey, {
    db: { schema: "byok", timeout: patienceMs },
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
  });
  return databaseOver(async <Name extends FunctionName>(name: Name, parameters: Parameters<Name>) => {
    const { data, error, status } = await client.rpc(name, parameters);
    if (!error) return [data].flat() as unknown as Rows<Name>;
    throw awayStatuses.includes(status) ? databaseUnavailable() : refusalOf(error);
  });
}
