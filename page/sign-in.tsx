import { type AuthError, isAuthRetryableFetchError, type SupabaseClient } from "@supabase/supabase-js";
import { type FormEvent, type ReactNode, useId, useState } from "react";
import { Problem } from "../components/parts.tsx";

interface SignInProps {
  readonly supabase: SupabaseClient;
  /** Who was signed in before. */
  readonly email?: string | undefined;
  /** Why to sign in. */
  readonly notice?: string | undefined;
}

/** Signing in with email and password through Supabase Auth, or signing up. What comes of it, `onAuthStateChange` tells. */
export function SignIn({ supabase, email, notice }: SignInProps): ReactNode {
  const id = useId();
  const [isNew, setNew] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const [next, setNext] = useState<string>();

  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    if (isBusy) return;
    const fields = new FormData(event.currentTarget);
    const credentials = { email: String(fields.get("email")).trim(), password: String(fields.get("password")) };
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

  return (
    <form className="sign-in" onSubmit={(event) => void submit(event)} aria-labelledby={`${id}-title`}>
      <h1 id={`${id}-title`}>{isNew ? "Create an account" : email ? "Sign in again" : "Sign in"}</h1>
      <p className="muted" role="status">
        {next ?? notice}
      </p>
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
      <div role="alert">
        <Problem>{problem}</Problem>
      </div>
      <button type="submit" className="byok-button" data-kind="primary" aria-disabled={isBusy}>
        {isBusy ? "One moment…" : isNew ? "Create account" : "Sign in"}
      </button>
      {!email && (
        <button
          type="button"
          className="plain"
          onClick={() => {
            setNew(!isNew);
            setProblem(undefined);
          }}
        >
          {isNew ? "I have an account" : "Create an account"}
        </button>
      )}
    </form>
  );
}

function inWords(error: AuthError): string {
  if (isAuthRetryableFetchError(error)) return "The server could not be reached: check your connection and try again.";
  switch (error.code) {
    case "invalid_credentials":
      return "Email or password is wrong.";
    case "user_already_exists":
      return "There is an account with this address: sign in instead.";
    case "over_request_rate_limit":
      return "Too many attempts: try again in a moment.";
    case "email_not_confirmed":
      return "Open the link that was sent to your address first.";
    default:
      return error.message;
  }
}
