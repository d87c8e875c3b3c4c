/** A call as credits buy it: that the platform has a key, that credits buy the path, and for which operation. */
import type { Env } from "../env.ts";
import { ByokError } from "../errors.ts";
import { calledProviders, type ProviderId } from "../providers/called.ts";
import type { PlacedKey } from "../providers/types.ts";
import type { Route } from "../request/route.ts";
import { findOffer, hasOffers, type OfferedRequest } from "./offers.ts";

/** A call that credits buy if they are to pay it. */
export interface Order {
  readonly provider: ProviderId;
  /** The platform's. */
  readonly key: PlacedKey;
  readonly operation: string;
  readonly offered: OfferedRequest;
  /** The client's idempotency key; null if it sent none. */
  readonly requestId: string | null;
}

/** @throws ByokError `not_offered`, `operation_required` */
export function orderOf(
  { platformKeys }: Pick<Env, "platformKeys">,
  route: Route,
  request: Pick<Request, "method" | "headers">,
): Order {
  const { provider } = route;
  const key = platformKeys[provider];
  const offered = findOffer(provider, request.method, route.path);
  if (key === undefined || offered === undefined) throw notOffered(route);
  const operation = request.headers.get("x-byok-operation");
  if (!operation) throw new ByokError("operation_required");
  return { provider, key, operation, offered, requestId: request.headers.get("idempotency-key") };
}

/** Of some providers credits buy the API's own form alone: what the form of OpenAI's costs there cannot be counted for sure. */
function notOffered({ provider, isUnified }: Route): ByokError {
  if (!isUnified || !hasOffers(provider)) return new ByokError("not_offered");
  const { name, api } = calledProviders[provider];
  return new ByokError("not_offered", {
    message: `Credits do not buy this of ${name} in OpenAI's form. Use call/${provider}${api.generation}, or your own API key.`,
  });
}
