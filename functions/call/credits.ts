/** A call on credits, and the list of models, which says what they buy. A worker loads this when it is first needed. */
import { services } from "../_shared/isolate.ts";
import { readJsonObject, streamOf, tooLarge } from "../_shared/request/body.ts";
import { mayHaveCost, refundOf } from "../_shared/credits/charge.ts";
import { type Funding, type OpenedCredits, tellUnusedKey } from "../_shared/credits/funding.ts";
import { followHold } from "../_shared/credits/hold.ts";
import { type CheckedRequest, checkOffer, findOffer, offeredSearch } from "../_shared/credits/offers.ts";
import { type CreditsCall, orderOf } from "../_shared/credits/order.ts";
import { ByokError } from "../_shared/errors.ts";
import { parseJson } from "../_shared/json.ts";
import type { KeyHolder } from "../_shared/keys/opening.ts";
import type { ProviderId } from "../_shared/providers/called.ts";
import { watchAnswer } from "../_shared/relay/answer.ts";
import { formOf } from "../_shared/relay/dialects.ts";
import { inbound } from "../_shared/relay/headers.ts";
import type { ModelList } from "../_shared/relay/models.ts";
import { askProvider, requireGeneration } from "../_shared/relay/relay.ts";
import type { Route } from "../_shared/request/route.ts";
import { onError } from "./on-error.ts";
import { type Incoming, outboundOf } from "./outbound.ts";

/** Throws as `listModels` in models.ts. */
export async function listModels(caller: KeyHolder): Promise<ModelList> {
  const { listModels: list } = await import("../_shared/relay/models.ts");
  const buys = (provider: ProviderId, path: string) => findOffer(provider, "POST", path) !== undefined;
  return await list({ ...services, buys }, caller);
}

/** @throws ByokError, which says why a saved key is not used if there is one */
export async function relayOnCredits(
  request: Incoming,
  route: Route,
  userId: string,
  opened: OpenedCredits,
): Promise<Response> {
  try {
    return await relay(request, route, userId, orderOf(services.env, opened, route, request));
  } catch (error) {
    throw tellUnusedKey(error, opened.unusedKey);
  }
}

/**
 * The request is checked before any credits are held, so that one that is refused leaves nothing. The hold is charged when the
 * provider's answer begins, beside passing it on; no whole answer passes before that is recorded. What is given back afterwards
 * is decided in `charge.ts`.
 *
 * A body of the client's that comes slowly takes its time from the provider's.
 */
async function relay(request: Incoming, route: Route, userId: string, call: CreditsCall): Promise<Response> {
  const { callTimeout_ms, stallTimeout_ms } = services.env;
  const began_ms = performance.now();
  const { model, body, maxInputTokens, maxOutputTokens } = await readOnCredits(request, userId, call);
  const { provider, owner, teamId, operation, requestId } = call;
  const reserved = { userId, teamId, requestId, operation, provider, model, maxInputTokens, maxOutputTokens };
  const hold = followHold(services.database, teamId ?? userId, await services.database.placeHold(reserved));
  const { apiKey, place, unusedKey } = call;
  const funding: Funding = { payer: "platform", owner, apiKey, place, microcredits: hold.microcredits, unusedKey };
  let answer: Response;
  let generation: ReadableStream<Uint8Array<ArrayBuffer>>;
  try {
    const left_ms = callTimeout_ms - (performance.now() - began_ms);
    const to = { ...route, search: offeredSearch(route.search) };
    answer = await askProvider(outboundOf(request, to, funding, streamOf(body), left_ms));
    if (answer.status >= 400) {
      const { errorOnCredits, holdsGeneration, readError } = await onError();
      const error = await readError(answer);
      hold.release(holdsGeneration(parseJson(error)));
      return await errorOnCredits(new Response(error, answer), route, funding);
    }
    generation = await requireGeneration(answer);
  } catch (error) {
    hold.release(mayHaveCost(error, request.signal.aborted));
    throw error;
  }
  const watched = watchAnswer(generation, {
    form: formOf(route.path, answer),
    stallTimeout_ms,
    charged: hold.charge(),
    onEnd(report) {
      const { microcredits: charged_microcredits, rates } = hold;
      hold.finish(refundOf({ report, isClientGone: request.signal.aborted, charged_microcredits, rates }));
    },
  });
  return inbound(answer, watched, funding);
}

/** The body as the platform sends it, as text: what it is read into takes many times its memory, and is gone before the wait. */
async function readOnCredits(request: Incoming, userId: string, call: CreditsCall): Promise<CheckedRequest> {
  const prices = await services.prices.pricesOf(call.operation, call.provider);
  const largest_bytes = Math.max(0, ...Array.from(prices.values(), ({ max_input_bytes }) => max_input_bytes));
  if (largest_bytes === 0) throw new ByokError("not_offered");
  const body = await readJsonObject(request, largest_bytes, services.env.callTimeout_ms);
  const limitsOf = (model: string) => {
    const price = prices.get(model);
    return price && { ...price, needsUsage: price.isMetered };
  };
  const checked = checkOffer(call.offered, body, limitsOf, await services.userHash(userId));
  const { max_input_bytes = 0 } = prices.get(checked.model) ?? {};
  if (checked.input_bytes > max_input_bytes) throw tooLarge(max_input_bytes);
  return checked;
}
