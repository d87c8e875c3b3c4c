/** Turning what supabase-js hands back into a ByokError: by code, without the request, so that no error can hold an API key. */
import type { ByokError, ByokErrorCode, Credential, Failure, Reason, Result, Verdict } from "./types.ts";

const messages = {
  offline: "The server could not be reached. Check your connection and try again.",
  session_expired: "Your session has ended. Sign in again.",
  unavailable: "The server could not answer. Try again in a moment.",
  unsupported_browser: "This browser cannot encrypt the key. Update it, and open the page over HTTPS.",
  begun_by_another:
    "Another user began this connection, or it is for another team, so no key was saved. Connect again.",
  unexpected: "Something went wrong. Try again.",
  unknown_provider: "There is no such provider.",
  credential_not_found: "No API key is saved for this provider.",
  claims_required:
    "This session is not enough to change API keys: its access token lacks claims that are required here.",
};

/**
 * Statuses of Supabase's gateways, which answer in place of the functions and the database: a worker that does not start, is silent
 * or passed its limits; a project that is paused or cannot be reached.
 * https://supabase.com/docs/guides/functions/status-codes, https://supabase.com/docs/guides/platform/http-status-codes, November 2026.
 */
const gatewayStatuses = [502, 503, 504, 520, 521, 522, 523, 524, 540, 544, 546];

/** A failure that only the client can tell. */
export function failure(code: Exclude<keyof typeof messages, "claims_required">): Failure {
  return { data: null, error: { code, message: messages[code] } };
}

/** The Data API's answer as a result. Status 0 means that there was none. */
export function dataResult<Data, T>(
  { data, status, error }: { data: Data | null; status: number; error: DataError | null },
  read: (data: Data | null) => T,
): Result<T> {
  if (status === 0) return failure("offline");
  if (status === 401) return failure("session_expired");
  if (error?.message === "claims_required") return claimsRequired(error.details);
  return status < 300 ? { data: read(data), error: null } : unknownFailure(status);
}

/** An answer without a code that the client knows. */
function unknownFailure(status: number): Failure {
  return failure(gatewayStatuses.includes(status) ? "unavailable" : "unexpected");
}

/** As much of PostgREST's error as is looked at. */
interface DataError {
  readonly message: string;
  readonly details: string | null;
}

/** The refusal of the policy for removing, which the functions word in the same way for saving. */
function claimsRequired(details: string | null): Failure {
  const { claims } = JSON.parse(details ?? "{}") as { claims?: Record<string, unknown> };
  return { data: null, error: { code: "claims_required", message: messages.claims_required, claims: claims ?? {} } };
}

/** A function's refusal as an error. `context` is the answer, or the reason why there was none. */
export async function functionFailure(
  { context }: { context?: unknown },
  { isAnonymous }: { isAnonymous: boolean },
): Promise<Failure> {
  if (!isResponse(context)) return failure("offline");
  const code = context.headers.get("x-byok-error") as ByokErrorCode | null;
  const refusal = code && (await readRefusal(context));
  if (!refusal) return context.status === 401 ? failure("session_expired") : unknownFailure(context.status);
  // An anonymous user has a session, and is refused all the same.
  if (code === "unauthenticated" && !isAnonymous) return failure("session_expired");
  return { data: null, error: { code, message: refusal.message, ...detailsOf(refusal) } as ByokError };
}

/** By what it has: some servers' adapters for Node put another class in the place of the global Response. */
function isResponse(context: unknown): context is Response {
  return typeof context === "object" && context !== null && "headers" in context;
}

interface Refusal {
  readonly message: string;
  readonly field?: string;
  readonly max_bytes?: number;
  readonly price_credits?: number;
  readonly available_credits?: number;
  readonly retry_after_s?: number;
  readonly verdict?: Verdict;
  readonly reason?: Reason;
  readonly credential?: Credential;
  readonly claims?: Record<string, unknown>;
}

async function readRefusal(answer: Response): Promise<Refusal | undefined> {
  try {
    const { error } = (await answer.json()) as { error?: Refusal };
    return typeof error?.message === "string" ? error : undefined;
  } catch {
    return undefined;
  }
}

/** The details that go with an error, and nothing else that an answer may hold. */
function detailsOf(refusal: Refusal): object {
  const { field, max_bytes, price_credits, available_credits, retry_after_s } = refusal;
  const { verdict, reason, credential, claims } = refusal;
  const details = {
    ...{ field, max_bytes, price_credits, available_credits, retry_after_s },
    ...{ verdict, reason, credential, claims },
  };
  return Object.fromEntries(Object.entries(details).filter(([, value]) => value !== undefined));
}
