/** An answer on the user's own key: passed on as it is, but for addresses that the access token would be taken to. */
import type { ByokFunding } from "../credits/funding.ts";
import { addressAtCall, bodyAtCall, type ApiAddress, requireAtCall } from "./addresses.ts";
import { inbound } from "./headers.ts";
import { holdsKey } from "./redaction.ts";

/**
 * The client's answer to a provider's success.
 *
 * @param asked the address that was asked
 * @throws ByokError `provider_misbehaved` where the answer leads on outside the provider's API
 */
export async function inboundUnderByok(
  answer: Response,
  funding: ByokFunding,
  asked: string,
  api: ApiAddress,
): Promise<Response> {
  let own: [string, string][];
  try {
    own = ownHeaders(answer, funding.apiKey, asked, api);
  } catch (error) {
    await answer.body?.cancel();
    throw error;
  }
  const response = inbound(answer, await bodyAtCall(answer, asked, api), funding);
  for (const [name, value] of own) response.headers.set(name, value);
  return response;
}

/** Headers that only an answer on the user's own key may have: the provider's own, and those that lead on, at `call`. */
function ownHeaders(answer: Response, apiKey: string, asked: string, api: ApiAddress): [string, string][] {
  const { returns = [], addresses } = api.provider.api;
  const found: [string, string][] = [];
  const location = answer.headers.get("location");
  const ours = location && addressAtCall(location, asked, api);
  if (ours) found.push(["location", ours]);
  if (returns.length > 0) {
    answer.headers.forEach((value, name) => {
      if (!returns.some((prefix) => name.startsWith(prefix))) return;
      found.push([name, addresses?.headers?.includes(name) ? requireAtCall(value, asked, api) : value]);
    });
  }
  return found.filter(([, value]) => !holdsKey(value, apiKey));
}
