/** Reading who paid a call, for apps that show it. */
import type { Funding } from "./types.ts";

/** Who paid a call, from the headers of its answer: of `fetch`, of supabase-js, or of an SDK's raw response. */
export function fundingOf(headers: Headers): Funding {
  const funding = headers.get("x-byok-funding");
  const credits = headers.get("x-byok-credits");
  return {
    funding: funding === "byok" || funding === "platform" ? funding : null,
    credits: credits === null ? null : Number(credits),
    error: headers.get("x-byok-error") as Funding["error"],
  };
}
