import type { SupabaseClient, User } from "@supabase/supabase-js";
import { type ReactNode, useEffect, useRef, useSyncExternalStore } from "react";
import { ApiKeys, Credits } from "../components/index.ts";
import type { Byok } from "../client/index.ts";
import { type Credentials, SignIn } from "./sign-in.tsx";
import type { Project } from "./snippet-texts.ts";
import { TryView } from "./try-view.tsx";
import { useAccount } from "./use-account.ts";

export interface AppProps {
  readonly supabase: SupabaseClient;
  readonly url: string;
  readonly publishableKey: string;
  readonly demoUser?: Credentials | undefined;
}

export function App({ supabase, url, publishableKey, demoUser }: AppProps): ReactNode {
  const { user, isExpired, byok, signOut } = useAccount(supabase);
  if (user === undefined) return <Opening />;
  if (user === null) {
    return (
      <main className="byok welcome">
        <Brand />
        <p className="about">Bring your own API key of an AI provider, or pay by credits: sign in to try both.</p>
        <SignIn
          supabase={supabase}
          demoUser={demoUser}
          notice={isExpired ? "Your session has ended. Sign in again." : undefined}
        />
      </main>
    );
  }
  return (
    <>
      <Settings key={user.id} {...{ user, byok, signOut }} project={{ url, publishableKey, userId: user.id }} />
      {isExpired && <SessionEnded supabase={supabase} email={user.email} signOut={signOut} />}
    </>
  );
}

const views = { "#keys": "API keys", "#try": "Try it" };

interface SettingsProps {
  readonly user: User;
  readonly byok: Byok;
  readonly project: Project;
  signOut(): Promise<void>;
}

/** Every view stays mounted, so that changing between them loses nothing that was typed. */
function Settings({ user, byok, project, signOut }: SettingsProps): ReactNode {
  const hash = useSyncExternalStore(subscribeHash, () => location.hash);
  const view = hash in views ? (hash as keyof typeof views) : "#keys";

  useEffect(() => {
    document.title = `${views[view]} · BYOK for Supabase`;
    window.scrollTo(0, 0);
  }, [view]);

  return (
    <>
      <header className="byok bar">
        <Brand />
        <nav aria-label="Settings">
          {Object.entries(views).map(([target, name]) => (
            <a key={target} href={target} aria-current={target === view ? "page" : undefined}>
              {name}
            </a>
          ))}
        </nav>
        <div className="bar-user">
          <span title={user.email}>{user.email}</span>
          <button type="button" className="byok-button" onClick={() => void signOut()}>
            Sign out
          </button>
        </div>
      </header>
      <main className="view" hidden={view !== "#keys"}>
        <h1>Settings</h1>
        <div className="columns">
          <ApiKeys byok={byok} />
          <Credits byok={byok} />
        </div>
      </main>
      <main className="view" hidden={view !== "#try"}>
        <h1>Try it</h1>
        <TryView byok={byok} project={project} />
      </main>
    </>
  );
}

function subscribeHash(listener: () => void): () => void {
  window.addEventListener("hashchange", listener);
  return () => window.removeEventListener("hashchange", listener);
}

interface SessionEndedProps {
  supabase: SupabaseClient;
  email: string | undefined;
  signOut(): Promise<void>;
}

/** Lies over the page, which keeps what was typed for when its user is back. */
function SessionEnded({ supabase, email, signOut }: SessionEndedProps): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
    // The address is known.
    dialog.current?.querySelector<HTMLInputElement>("input[type=password]")?.focus();
  }, []);
  return (
    <dialog ref={dialog} className="byok byok-dialog" aria-label="Sign in again" onCancel={(e) => e.preventDefault()}>
      <SignIn supabase={supabase} email={email} notice="Your session has ended. Sign in again to go on." />
      <button type="button" className="plain" onClick={() => void signOut()}>
        Leave this page instead
      </button>
    </dialog>
  );
}

/** As in index.html, until it is known who is signed in. */
function Opening(): ReactNode {
  return (
    <main className="opening">
      <h1>Loading…</h1>
    </main>
  );
}

export function Unavailable({ onRetry }: { onRetry(): void }): ReactNode {
  return (
    <main className="byok welcome">
      <Brand />
      <div className="unavailable" role="alert">
        <h1>No connection</h1>
        <p className="muted">The server could not be reached. Check your connection and try again.</p>
      </div>
      <button type="button" className="byok-button" onClick={onRetry}>
        Try again
      </button>
    </main>
  );
}

function Brand(): ReactNode {
  return (
    <p className="brand">
      <img src="/favicon.svg" alt="" width="24" height="24" />
      BYOK for Supabase
    </p>
  );
}
