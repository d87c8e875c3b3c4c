/** A call on credits, and the list of models, which says what they buy. A worker loads this when it is first needed. */
import { services } from "../_shared/isolate.ts";
import { readWhole, readJsonObject, small_bytes, streamOf, tooLarge } from "../_shared/request/body.ts";
import { mayHaveCost, refundOf } from "../_shared/credits/charge.ts";
import { type Funding, type OpenedCredits, ownerKind, tellUnusedKey } from "../_shared/credits/funding.ts";
import { type CallHold, followHold } from "../_shared/credits/hold.ts";
import { type CheckedRequest, checkOffer, findOffer, offeredSearch } from "../_shared/credits/offers.ts";
import { type Order, orderOf } from "../_shared/credits/order.ts";
import type { PricedCall } from "../_shared/database/types.ts";
import { ByokError } from "../_shared/errors.ts";
import { parseJson } from "../_shared/json.ts";
import type { KeyHolder } from "../_shared/keys/opening.ts";
import type { ProviderId } from "../_shared/providers/called.ts";
import { formOf } from "../_shared/relay/dialects.ts";
import { inbound } from "../_shared/relay/headers.ts";
import type { ModelList } from "../_shared/relay/models.ts";
import { passOn } from "../_shared/relay/pass-on.ts";
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

/** A request that credits buy, checked; nothing is held for it yet. */
export interface CheckedCall {
  readonly order: Order;
  /** The body as the platform sends it. */
  readonly body: string;
  readonly priced: PricedCall;
  /** When its body began to be read, by `performance.now()`. A body that comes slowly takes its time from the provider's. */
  readonly began_ms: number;
}

/**
 * Checks a request before any credits are held, so that one that is refused leaves nothing.
 *
 * @throws ByokError `not_offered`, `operation_required`, `body_too_large`, `body_incomplete`, `invalid_request`
 */
async function checkCall(request: Incoming, route: Route, userId: string): Promise<CheckedCall> {
  const began_ms = performance.now();
  const order = orderOf(services.env, route, request);
  const { operation, requestId } = order;
  const { body, model, maxInputTokens, maxOutputTokens } = await readOnCredits(request, userId, order);
  return { order, body, priced: { requestId, operation, model, maxInputTokens, maxOutputTokens }, began_ms };
}

/** A small request whose body has been read, and what credits would buy of it. */
export interface ForeseenCall {
  /** Still to be passed on, as it came. */
  readonly request: Incoming;
  /** Null if credits do not buy it: whoever pays it then says so. */
  readonly checked: CheckedCall | null;
}

/**
 * Reads and checks a small request of somebody on credits before it is asked who pays it, so that the hold is placed in the same round
 * trip.
 *
 * @throws ByokError `body_incomplete`, `invalid_request` if the body does not come
 */
export async function foreseeCall(request: Incoming, route: Route, userId: string): Promise<ForeseenCall> {
  const began_ms = performance.now();
  const body = await readWhole(request, small_bytes, services.env.callTimeout_ms);
  const read = { method: request.method, signal: request.signal, headers: request.headers, body };
  const checked = await checkCall(read, route, userId).catch(() => null);
  return { request: read, checked: checked && { ...checked, began_ms } };
}

/**
 * @param foreseen the same request, where it has been checked
 * @throws ByokError, which says why a saved key is not used if there is one
 */
export async function relayOnCredits(
  request: Incoming,
  route: Route,
  userId: string,
  opened: OpenedCredits,
  foreseen: CheckedCall | null,
): Promise<Response> {
  try {
    const call = foreseen ?? (await checkCall(request, route, userId));
    const { teamId } = opened;
    const held = { userId, teamId, provider: route.provider, ...call.priced };
    const placed = opened.hold ?? (await services.database.placeHold(held));
    return await relay(request, route, call, opened, followHold(services.database, teamId ?? userId, placed));
  } catch (error) {
    throw tellUnusedKey(error, opened.unusedKey);
  }
}

/**
 * The hold is charged when the provider's answer begins, beside passing it on; no whole answer passes before that is recorded. What
 * is given back afterwards is decided in `charge.ts`.
 */
async function relay(
  request: Incoming,
  route: Route,
  { order, body, began_ms }: CheckedCall,
  opened: OpenedCredits,
  hold: CallHold,
): Promise<Response> {
  const { callTimeout_ms, stallTimeout_ms } = services.env;
  const { unusedKey } = opened;
  const { microcredits } = hold;
  const funding: Funding = { payer: "platform", owner: ownerKind(opened), ...order.key, microcredits, unusedKey };
  // A client that has left by now has cost nobody anything: the provider is not asked any more.
  const isAsked = !request.signal.aborted;
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
    hold.release(isAsked && mayHaveCost(error, request.signal.aborted));
    throw error;
  }
  const isClientGone = () => request.signal.aborted;
  const passed = await passOn(
    { body: generation, headers: answer.headers },
    {
      form: formOf(route.path, answer),
      stallTimeout_ms,
      charged: hold.charge(),
      isClientGone,
      onEnd(report) {
        const { microcredits: charged_microcredits, rates } = hold;
        hold.finish(refundOf({ report, isClientGone: isClientGone(), charged_microcredits, rates }));
      },
    },
  );
  return inbound(answer, passed, funding);
}

/** The body as the platform sends it, as text: what it is read into takes many times its memory, and is gone before the wait. */
async function readOnCredits(request: Incoming, userId: string, call: Order): Promise<CheckedRequest> {
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
