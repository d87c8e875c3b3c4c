/** The list of providers, as the functions answer it to anyone. */
import type { SupabaseClient } from "@supabase/supabase-js";
import { failure, functionFailure } from "./errors.ts";
import type { Provider, Result } from "./types.ts";

/** @param endpoint such as `byok/providers` */
export async function listProviders(
  { functions }: Pick<SupabaseClient<any, any, any, any, any>, "functions">,
  endpoint: string,
): Promise<Result<readonly Provider[]>> {
  try {
    const { data, error } = await functions.invoke<{ providers: Provider[] }>(endpoint, { method: "GET" });
    if (error) return await functionFailure(error, { isAnonymous: false });
    return data ? { data: data.providers, error: null } : failure("unexpected");
  } catch {
    return failure("unexpected");
  }
}
