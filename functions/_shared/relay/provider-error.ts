/** A provider's error as the client gets it: what is passed on, what is said in our own words, and what it says about the key. */
import type { Funding } from "../credits/funding.ts";
import { ByokError } from "../errors.ts";
import { parseJson } from "../json.ts";
import { classify } from "../providers/classify.ts";
import type { Provider } from "../providers/types.ts";
import { readAtMost } from "../providers/verification.ts";
import { inbound } from "./headers.ts";
import { platformError } from "./platform-error.ts";
import { holdsKey, withoutAccountIds } from "./redaction.ts";

/** Longest error body that is read to judge and redact it, in characters. */
const maxErrorLength = 256 * 1024;
/** What the end of an error that was cut off may hold of a key without being found, in characters: 15 in their longest spelling. */
const maxCutLength = 256;
/** How long the body of an error is waited for, in ms; together with the wait for its first byte less than a function has. */
const maxError_ms = 5_000;

/**
 * A provider's error as the client gets it. Its refusals of a key are never passed on, since they echo parts of the key; any
 * other error is, with the key taken out.
 *
 * @throws ByokError `api_key_rejected` for a user's key; `provider_misbehaved` where the platform's own account is refused, and
 * for a 401 or 403 before the key was looked at: the provider's edge refuses this network, its API this country
 */
export async function inboundError(
  answer: Response,
  provider: Provider,
  funding: Pick<Funding, "payer" | "apiKey">,
): Promise<Response> {
  const text = await readError(answer);
  const { verdict, reason } = classify(provider, { status: answer.status, body: parseJson(text) });
  const isDenied = answer.status === 401 || answer.status === 403;
  const isRefusal = verdict === "rejected" || (isDenied && verdict !== null);
  if (funding.payer === "platform" && (isRefusal || isDenied || answer.status === 402 || verdict === "no_credit"))
    throw new ByokError("provider_misbehaved");
  if (isDenied && verdict === "unverified") throw new ByokError("provider_misbehaved");
  if (isRefusal) {
    throw new ByokError("api_key_rejected", {
      message: `${provider.name} refuses this API key for this request.`,
      details: { verdict, ...(reason ? { reason } : {}) },
    });
  }
  const whole = text.length < maxErrorLength ? text : text.slice(0, -maxCutLength);
  const shown =
    funding.payer === "platform"
      ? JSON.stringify(platformError(answer.status, parseJson(text)))
      : withoutAccountIds(whole);
  if (holdsKey(shown, funding.apiKey)) {
    throw new ByokError("provider_misbehaved", {
      message: "The provider answered with an error that repeats the API key, so it is not passed on.",
    });
  }
  const response = inbound(answer, shown, { ...funding, microcredits: 0 });
  if (funding.payer === "platform") response.headers.set("content-type", "application/json");
  return response;
}

/** The body of an error; empty when it breaks off or does not end in time, and then the status alone speaks. */
async function readError(answer: Response): Promise<string> {
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
