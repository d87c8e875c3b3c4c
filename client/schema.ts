/** The product's schema, for supabase-js. */
import type { SupabaseClient } from "@supabase/supabase-js";
import type { Database } from "../protocol/schema.ts";

/** A client that knows the tables of the schema `byok`: `supabase.schema("byok")`. */
export type ByokSupabase = SupabaseClient<Database, "byok">;

/** @param supabase a client of the project, whatever its database types are */
export function typedClient(supabase: SupabaseClient<any, any, any, any, any>): ByokSupabase {
  return supabase as unknown as ByokSupabase;
}
