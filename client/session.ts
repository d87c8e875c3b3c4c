/** The session of the user who is signed in to a supabase-js client. */
import { isAuthRetryableFetchError, type Session, type SupabaseClient } from "@supabase/supabase-js";
import { failure } from "./errors.ts";
import type { Result } from "./types.ts";

/**
 * Does something in the name of the user. Without a session supabase-js would ask as a visitor, whom row-level security
 * shows nothing: that would look like an account without keys.
 */
export async function withSession<T>(
  { auth }: Pick<SupabaseClient, "auth">,
  act: (session: Session) => Promise<Result<T>>,
): Promise<Result<T>> {
  try {
    const { data, error } = await auth.getSession();
    if (isAuthRetryableFetchError(error)) return failure("offline");
    return data.session ? await act(data.session) : failure("session_expired");
  } catch {
    return failure("unexpected");
  }
}
