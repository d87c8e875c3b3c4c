import { type AuthError, isAuthRetryableFetchError, type SupabaseClient } from "@supabase/supabase-js";
import { type FormEvent, type ReactNode, useId, useState } from "react";
import { Problem } from "../components/parts/parts.tsx";
import { english } from "../components/texts.ts";

export interface Credentials {
  readonly email: string;
  readonly password: string;
}

interface SignInProps {
  readonly supabase: SupabaseClient;
  /** The user who was signed in before. */
  readonly email?: string | undefined;
  /** Why to sign in. */
  readonly notice?: string | undefined;
  /** A user to sign in as with one press of a button. */
  readonly demoUser?: Credentials | undefined;
}

/** Signing in with email and password through Supabase Auth, or signing up. `onAuthStateChange` tells what comes of it. */
export function SignIn({ supabase, email, notice, demoUser }: SignInProps): ReactNode {
  const id = useId();
  const { isNew, isBusy, problem, next, turn, enter } = useSignIn(supabase);

  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    void enter({ email: String(fields.get("email")).trim(), password: String(fields.get("password")) });
  }

  return (
    <form className="sign-in" onSubmit={submit} aria-labelledby={`${id}-title`}>
      <h1 id={`${id}-title`}>{isNew ? "Create an account" : email ? "Sign in again" : "Sign in"}</h1>
      <p className="muted" role="status">
        {next ?? notice}
      </p>
      <Fields id={id} email={email} isNew={isNew} />
      <div role="alert">
        <Problem>{problem}</Problem>
      </div>
      <button type="submit" className="byok-button" data-kind="primary" aria-disabled={isBusy}>
        {isBusy ? "One moment…" : isNew ? "Create account" : "Sign in"}
      </button>
      {demoUser && !isNew && (
        <button type="button" className="byok-button" aria-disabled={isBusy} onClick={() => void enter(demoUser)}>
          Sign in as the demo user
        </button>
      )}
      {!email && (
        <button type="button" className="plain" onClick={turn}>
          {isNew ? "I have an account" : "Create an account"}
        </button>
      )}
    </form>
  );
}

function useSignIn(supabase: SupabaseClient) {
  const [isNew, setNew] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const [next, setNext] = useState<string>();

  async function enter(credentials: Credentials): Promise<void> {
    if (isBusy) return;
    setBusy(true);
    setProblem(undefined);
    setNext(undefined);
    const { data, error } = isNew
      ? await supabase.auth.signUp(credentials)
      : await supabase.auth.signInWithPassword(credentials);
    setBusy(false);
    if (error) return setProblem(inWords(error));
    if (data.session) return;
    setNew(false);
    setNext("Open the link that was sent to your address, then sign in.");
  }

  function turn(): void {
    setNew(!isNew);
    setProblem(undefined);
  }

  return { isNew, isBusy, problem, next, turn, enter };
}

function Fields({ id, email, isNew }: { id: string; email: string | undefined; isNew: boolean }): ReactNode {
  return (
    <>
      <label htmlFor={`${id}-email`}>Email</label>
      <input
        id={`${id}-email`}
        name="email"
        type="email"
        autoComplete="username"
        defaultValue={email}
        required
        autoFocus={!email}
      />
      <label htmlFor={`${id}-password`}>Password</label>
      <input
        id={`${id}-password`}
        name="password"
        type="password"
        autoComplete={isNew ? "new-password" : "current-password"}
        minLength={isNew ? 8 : undefined}
        aria-describedby={isNew ? `${id}-rule` : undefined}
        required
      />
      {isNew && (
        <p className="muted" id={`${id}-rule`}>
          At least 8 characters.
        </p>
      )}
    </>
  );
}

function inWords(error: AuthError): string {
  if (isAuthRetryableFetchError(error)) return english.errors.offline;
  switch (error.code) {
    case "invalid_credentials":
      return "Email or password is wrong.";
    case "user_already_exists":
      return "There is an account with this address. Sign in instead.";
    case "over_request_rate_limit":
      return "Too many attempts. Try again in a moment.";
    case "email_not_confirmed":
      return "Open the link that was sent to your address first.";
    default:
      return error.message;
  }
}
