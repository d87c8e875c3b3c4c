/** Marks a credential whose API key the provider refused in a call, so that the page tells the truth before anyone checks the key. */
import type { CalledCredential, Database } from "../database/types.ts";
import { ByokError } from "../errors.ts";
import { keepAlive } from "../keep-alive.ts";

/**
 * Verdicts of a call that say that no further call works. The others may be about the one request; so may `rejected`, at an endpoint
 * that wants another kind of key.
 */
const refusals = ["rejected", "no_credit"] as const;
export type Refusal = (typeof refusals)[number];

/**
 * Passes an error on, and marks the credential beside it if it says something else of the key than what is known. A mark that fails
 * is lost: the next call makes it.
 *
 * @param provesKeys whether the endpoint that was asked takes any key: `provesKeys` in probe.ts
 * @param answering the answer of the provider's error, as `inboundError` makes it
 */
export async function noteRefusal(
  database: Pick<Database, "noteRefusal">,
  credential: CalledCredential,
  provesKeys: boolean,
  answering: Promise<Response>,
): Promise<Response> {
  const note = (verdict: unknown, reason: unknown) => {
    if (provesKeys || verdict !== "rejected") mark(database, credential, verdict, reason);
  };
  try {
    const { headers } = await answering;
    note(headers.get("x-byok-verdict"), headers.get("x-byok-reason"));
  } catch (error) {
    if (error instanceof ByokError) note(error.details.verdict, error.details.reason ?? null);
  }
  return await answering;
}

function mark(database: Pick<Database, "noteRefusal">, known: CalledCredential, found: unknown, reason: unknown): void {
  const verdict = refusals.find((refusal) => refusal === found);
  if (verdict === undefined || (verdict === known.status && reason === known.reason)) return;
  keepAlive(database.noteRefusal(known, verdict, reason as string | null).catch(() => undefined));
}
