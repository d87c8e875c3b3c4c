/** Reading who paid a call, for apps that show it. */
import type { Payment } from "./types.ts";

/** Who paid a call, from the headers of its answer: of `fetch`, of supabase-js, or of an SDK's raw response. */
export function readPayment(headers: Headers): Payment {
  const payer = headers.get("x-byok-funding");
  const owner = headers.get("x-byok-owner");
  const credits = headers.get("x-byok-credits");
  return {
    payer: payer === "byok" || payer === "platform" ? payer : null,
    owner: owner === "user" || owner === "team" ? owner : null,
    credits: credits === null ? null : Number(credits),
    errorCode: headers.get("x-byok-error") as Payment["errorCode"],
    verdict: headers.get("x-byok-verdict") as Payment["verdict"],
    reason: headers.get("x-byok-reason") as Payment["reason"],
    unusedKey: headers.get("x-byok-unused-key") as Payment["unusedKey"],
  };
}
