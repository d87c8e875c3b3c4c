/** Who is signed in, as the page has to know it. */
import type { SupabaseClient, User } from "@supabase/supabase-js";
import { useEffect, useMemo, useRef, useState } from "react";
import { type Byok, createByok } from "../client/index.ts";
import { announceChange } from "../components/index.ts";

export interface Account {
  /** Undefined until it is known, null when nobody is signed in. Stays when the session ends by itself. */
  readonly user: User | null | undefined;
  /** The session has ended without anybody signing out. */
  readonly isExpired: boolean;
  readonly byok: Byok;
  signOut(): Promise<void>;
}

export function useAccount(supabase: SupabaseClient): Account {
  const [user, setUser] = useState<User | null>();
  const [isExpired, setExpired] = useState(false);
  const isLeaving = useRef(false);
  const byok = useMemo(() => createByok(supabase, { onSessionExpired: () => setExpired(true) }), [supabase]);

  useEffect(() => {
    const { data } = supabase.auth.onAuthStateChange((event, session) => {
      if (session) {
        setUser(session.user);
        setExpired(false);
        // What could not be read without a session can be now.
        if (event === "SIGNED_IN") announceChange();
      } else if (event === "SIGNED_OUT" && !isLeaving.current) {
        setUser((known) => known ?? null);
        setExpired(true);
      } else {
        setUser(null);
        // A page may be opened with a session that ends at once, and then begins with none.
        if (event === "SIGNED_OUT") setExpired(false);
      }
    });
    return () => data.subscription.unsubscribe();
  }, [supabase]);

  async function signOut(): Promise<void> {
    isLeaving.current = true;
    // Forgets the session in this browser even when the server cannot be told.
    await supabase.auth.signOut({ scope: "local" });
    isLeaving.current = false;
  }

  return { user, isExpired, byok, signOut };
}
