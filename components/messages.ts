/** A failure in one sentence, for users. */
import type { ByokError } from "../client/types.ts";
import { inWords, textOf } from "./reasons.ts";

/** @param name the provider's, where the failure is about one */
export function explain(error: ByokError, name: string): string {
  switch (error.code) {
    case "offline":
      return "The server could not be reached: check your connection and try again.";
    case "session_expired":
      return "Your session has expired: sign in again to go on.";
    case "too_many_attempts":
      return `Too many attempts: try again after ${clockAfter(error.retry_after_s)}.`;
    case "api_key_rejected": {
      const reason = textOf(error.reason);
      return reason ? inWords(reason, name) : `${name} refuses this key.`;
    }
    case "credential_not_found":
      return "This key was replaced or removed in the meantime.";
    case "envelope_unreadable":
      return "This key can no longer be opened here: save it again.";
    case "sealed_key_refused":
      return "This took too long: paste the key again.";
    case "unsupported_browser":
      return "This browser cannot encrypt your key: update it, and open this page over HTTPS.";
    case "byok_not_allowed":
      return "Your plan does not include API keys of your own.";
    case "claims_required":
      return error.claims.aal === "aal2"
        ? "Confirm that it is you with your second factor first, then try again."
        : "Your session may not change API keys: sign in again in the way that this app asks for.";
    case "unauthenticated":
      // A user without an address of their own; the functions say what to do.
      return error.message;
    case "invalid_request":
      // The functions say what is wrong with a key, and never repeat it.
      return error.field === "api_key" ? error.message : "This could not be done: reload the page and try again.";
    default:
      return "Something went wrong on our side: try again in a moment.";
  }
}

/** To the second where it is soon, with the day where that is another one. */
function clockAfter(seconds: number): string {
  const then = new Date(Date.now() + seconds * 1000);
  const isToday = then.toDateString() === new Date().toDateString();
  if (isToday && seconds < 3600) return then.toLocaleTimeString(undefined, { timeStyle: "medium" });
  // To the nearest minute.
  then.setSeconds(then.getSeconds() + 30, 0);
  return then.toLocaleString(undefined, { ...(isToday ? {} : { dateStyle: "medium" }), timeStyle: "short" });
}
