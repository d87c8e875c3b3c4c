/** The schema of the product, as supabase-js reaches it. */
import type { SupabaseClient } from "@supabase/supabase-js";
import type { Database } from "../protocol/schema.ts";

/** @param supabase a client of the project, whatever its database types are */
export function byokSchema(supabase: SupabaseClient<any, any, any, any, any>) {
  return (supabase as unknown as SupabaseClient<Database, "byok">).schema("byok");
}

export type ByokSchema = ReturnType<typeof byokSchema>;
