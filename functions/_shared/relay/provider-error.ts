/** A provider's error as the client gets it: what is passed on, what is said in our own words, and what it says about the key. */
import type { Funding } from "../credits/funding.ts";
import { ByokError } from "../errors.ts";
import { parseJson } from "../json.ts";
import { reasons } from "../../../catalogue/reasons.ts";
import { type Classified, classify } from "../providers/classify.ts";
import type { Provider, Reason, Verdict } from "../providers/types.ts";
import { readAtMost } from "../read-at-most.ts";
import { inbound } from "./headers.ts";
import { platformError } from "./platform-error.ts";
import { holdsKey, withoutAccountIds } from "./redaction.ts";

/** Longest error body that is read to judge and redact it, in characters. */
const maxErrorLength = 256 * 1024;
/** The part of a key that the end of a cut-off error may hold without being found, in characters: 15 in their longest spelling. */
const maxCutLength = 256;
/** How long the body of an error is waited for, in ms; together with the wait for its first byte less than a function has. */
const maxError_ms = 5_000;

/**
 * A provider's error as the client gets it. Where the key itself is refused the provider's words stay behind, since they echo parts
 * of the key. Any other error comes with the words, without the key and without whose account it is; under BYOK also with what it
 * says about the key, in `x-byok-verdict` and `x-byok-reason`.
 *
 * @throws ByokError `api_key_rejected` for a user's key; `provider_misbehaved` where the platform's own account is refused, and
 * for a 401 or 403 before the key was looked at: the provider's edge refuses this network, its API this country
 */
export async function inboundError(
  answer: Response,
  provider: Provider,
  funding: Pick<Funding, "payer" | "owner" | "apiKey" | "unusedKey">,
): Promise<Response> {
  const text = await readError(answer);
  const found = classify(provider, { status: answer.status, body: parseJson(text) });
  return funding.payer === "platform"
    ? errorOnCredits(answer, text, found, funding)
    : errorUnderByok(answer, text, found, provider, funding);
}

function isDenied({ status }: Response): boolean {
  return status === 401 || status === 403;
}

/** Verdicts about the platform's key, which are the operator's business and no user's. */
const ofTheAccount: readonly (Verdict | null)[] = ["rejected", "restricted", "no_credit"];

function errorOnCredits(
  answer: Response,
  text: string,
  { verdict }: Classified,
  funding: Pick<Funding, "payer" | "owner" | "apiKey" | "unusedKey">,
): Response {
  if (isDenied(answer) || answer.status === 402 || ofTheAccount.includes(verdict)) {
    throw new ByokError("provider_misbehaved");
  }
  const shown = JSON.stringify(platformError(answer.status, parseJson(text)));
  const response = passOn(answer, shown, funding);
  response.headers.set("content-type", "application/json");
  return response;
}

function errorUnderByok(
  answer: Response,
  text: string,
  { verdict, reason }: Classified,
  provider: Provider,
  funding: Pick<Funding, "payer" | "owner" | "apiKey" | "unusedKey">,
): Response {
  if (isDenied(answer) && verdict === "unverified") throw new ByokError("provider_misbehaved");
  if (isKeyRefused(answer, verdict, reason)) {
    throw new ByokError("api_key_rejected", {
      message: `${provider.name} refuses this API key for this request.`,
      details: { verdict, ...(reason ? { reason } : {}) },
    });
  }
  const whole = text.length < maxErrorLength ? text : text.slice(0, -maxCutLength);
  const response = passOn(answer, withoutAccountIds(whole), funding);
  if (verdict) response.headers.set("x-byok-verdict", verdict);
  if (reason) response.headers.set("x-byok-reason", reason);
  // OpenAI says 429 there, which its SDK would ask again at once.
  if (verdict === "no_credit") response.headers.set("x-should-retry", "false");
  return response;
}

/** Whether no call with this key can work: the key is none, or it is limited to something else. */
function isKeyRefused(answer: Response, verdict: Verdict | null, reason: Reason | null): boolean {
  if (verdict === "rejected") return true;
  return isDenied(answer) && verdict === "restricted" && !(reason && reasons[reason].works);
}

function passOn(
  answer: Response,
  shown: string,
  funding: Pick<Funding, "payer" | "owner" | "apiKey" | "unusedKey">,
): Response {
  if (holdsKey(shown, funding.apiKey)) {
    throw new ByokError("provider_misbehaved", {
      message: "The provider answered with an error that repeats the API key, so it is not passed on.",
    });
  }
  return inbound(answer, shown, { ...funding, microcredits: 0 });
}

/** The body of an error; empty when it breaks off or does not end in time, and then the status alone speaks. */
export async function readError(answer: Response): Promise<string> {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), maxError_ms);
  try {
    return await readAtMost(answer, maxErrorLength, patience.signal);
  } catch {
    return "";
  } finally {
    clearTimeout(timer);
  }
}
