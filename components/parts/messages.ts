/** A failure in words, for users. */
import type { ByokError } from "../../client/types.ts";
import type { Texts } from "../texts.ts";
import { clockAfter } from "./format.ts";

/** @param name the provider's, where the failure is about one */
export function explain(texts: Texts, error: ByokError, name: string): string {
  const { errors } = texts;
  switch (error.code) {
    case "offline":
    case "session_expired":
    case "credential_not_found":
    case "envelope_unreadable":
    case "sealed_key_refused":
    case "unsupported_browser":
    case "begun_by_another":
    case "byok_not_allowed":
    case "admins_only":
    case "not_a_member":
      return errors[error.code];
    case "too_many_attempts":
      return errors.too_many_attempts(error, clockAfter(texts, error.retry_after_s));
    case "api_key_rejected":
      return error.reason ? texts.reason(error.reason, name) : errors.api_key_rejected(name);
    case "claims_required":
      return error.claims.aal === "aal2" ? errors.second_factor : errors.claims_required;
    case "unauthenticated":
      // A user without an address of their own; the functions say what to do.
      return errors.server(error.message);
    case "invalid_request":
      // The functions say what is wrong with a key, and never repeat it.
      return error.field === "api_key" ? errors.server(error.message) : errors.invalid_request;
    default:
      return errors.other;
  }
}
