/** Who is signed in, as the page has to know it. */
import type { SupabaseClient, User } from "@supabase/supabase-js";
import { useEffect, useMemo, useRef, useState } from "react";
import { type Byok, createByok } from "../client/index.ts";
import { announceChange } from "../components/index.ts";

interface Known {
  /** Undefined until it is known, null when nobody is signed in. Stays when the session expires. */
  readonly user: User | null | undefined;
  /** The session has ended without anybody signing out. */
  readonly isExpired: boolean;
}

export interface Account extends Known {
  readonly byok: Byok;
  signOut(): Promise<void>;
}

/** The id of the team whose keys and credits the page is about, from its address; those of the user without one. */
const team = new URLSearchParams(location.search).get("team");

export function useAccount(supabase: SupabaseClient): Account {
  const [known, setKnown] = useState<Known>({ user: undefined, isExpired: false });
  const isLeaving = useRef(false);

  const byok = useMemo(() => {
    // A request that was under way when its user signed out ends without a session, which is nobody's any more.
    const onSessionExpired = () =>
      setKnown((before) => (before.user && !isLeaving.current ? { ...before, isExpired: true } : before));
    return createByok(supabase, { onSessionExpired, ...(team && { team }) });
  }, [supabase]);

  useEffect(() => {
    const { data } = supabase.auth.onAuthStateChange((event, session) => {
      if (session) {
        setKnown({ user: session.user, isExpired: false });
        // Data that could not be read without a session can be now.
        if (event === "SIGNED_IN") announceChange();
      } else if (event === "SIGNED_OUT" && !isLeaving.current) {
        setKnown(({ user }) => ({ user: user ?? null, isExpired: true }));
      } else {
        // A page may be opened with a session that ends at once, and then begins with none.
        setKnown(({ isExpired }) => ({ user: null, isExpired: isExpired && event !== "SIGNED_OUT" }));
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

  return { ...known, byok, signOut };
}
