/** A call as it comes in, and as it goes out to the provider, whoever pays. */
import { services } from "../_shared/isolate.ts";
import type { Funding } from "../_shared/credits/funding.ts";
import { calledProviders } from "../_shared/providers/called.ts";
import { outboundHeaders } from "../_shared/relay/headers.ts";
import type { Outbound } from "../_shared/relay/relay.ts";
import type { Incoming as IncomingBody } from "../_shared/request/body.ts";
import { addressOf, type Route } from "../_shared/request/route.ts";
import { providerAt } from "../_shared/request/unified.ts";

/** A call as the relay takes it: the request, or what is left of it without the prefix of its model. */
export type Incoming = IncomingBody & Pick<Request, "method" | "signal">;

export function outboundOf(
  request: Incoming,
  route: Route,
  funding: Funding,
  body: ReadableStream<Uint8Array<ArrayBuffer>> | null,
  timeout_ms: number,
): Outbound {
  return {
    url: addressOf(route, services.originOf(route.provider, funding.place)),
    method: request.method,
    headers: outboundHeaders(request.headers, providerAt(route, calledProviders), funding),
    body,
    signal: request.signal,
    timeout_ms,
  };
}
