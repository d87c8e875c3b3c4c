/** A call that credits are to pay: that the platform has a key, that credits buy the path, and for which operation. */
import type { UnusedKey } from "../../../protocol/answers.ts";
import type { Env } from "../env.ts";
import { ByokError } from "../errors.ts";
import { calledProviders, type ProviderId } from "../providers/called.ts";
import type { PlacedKey } from "../providers/types.ts";
import type { Route } from "../request/route.ts";
import { type Funding, type OpenedCredits, ownerKind } from "./funding.ts";
import { findOffer, hasOffers, type OfferedRequest } from "./offers.ts";

/** A call that credits are to pay; none are held yet. */
export interface CreditsCall extends PlacedKey {
  readonly payer: "platform";
  readonly owner: Funding["owner"];
  /** The team whose credits pay; null for the user's own. */
  readonly teamId: string | null;
  readonly provider: ProviderId;
  readonly operation: string;
  readonly offered: OfferedRequest;
  /** The client's idempotency key; null if it sent none. */
  readonly requestId: string | null;
  readonly unusedKey: UnusedKey | null;
}

/** @throws ByokError `not_offered`, `operation_required` */
export function orderOf(
  { platformKeys }: Pick<Env, "platformKeys">,
  opened: OpenedCredits,
  route: Route,
  request: Pick<Request, "method" | "headers">,
): CreditsCall {
  const { provider } = route;
  const key = platformKeys[provider];
  const offered = findOffer(provider, request.method, route.path);
  if (key === undefined || offered === undefined) throw notOffered(route);
  const operation = request.headers.get("x-byok-operation");
  if (!operation) throw new ByokError("operation_required");
  const { teamId, unusedKey } = opened;
  const requestId = request.headers.get("idempotency-key");
  const paidBy = { payer: "platform", owner: ownerKind(opened), teamId, ...key } as const;
  return { ...paidBy, provider, operation, offered, requestId, unusedKey };
}

/** Of some providers credits buy the API's own form alone: what the form of OpenAI's costs there cannot be counted for sure. */
function notOffered({ provider, isUnified }: Route): ByokError {
  if (!isUnified || !hasOffers(provider)) return new ByokError("not_offered");
  const { name, api } = calledProviders[provider];
  return new ByokError("not_offered", {
    message: `Credits do not buy this of ${name} in OpenAI's form. Use call/${provider}${api.generation}, or your own API key.`,
  });
}
