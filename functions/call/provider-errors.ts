/** A provider's error, as the client gets it. A worker loads this with the first one, and with it the rows that say what an error means. */
import type { ByokFunding, Funding } from "../_shared/credits/funding.ts";
import { services } from "../_shared/isolate.ts";
import { noteRefusal } from "../_shared/keys/refusals.ts";
import { providers } from "../_shared/providers/index.ts";
import { provesKeys } from "../_shared/providers/probe.ts";
import { inboundError } from "../_shared/relay/provider-error.ts";
import type { Route } from "../_shared/request/route.ts";
import { providerAt } from "../_shared/request/unified.ts";

export { holdsGeneration } from "../_shared/relay/platform-error.ts";
export { readError } from "../_shared/relay/provider-error.ts";

/** Throws as `inboundError`. Beside the answer it marks the key if the provider refuses it. */
export async function errorUnderByok(answer: Response, route: Route, funding: ByokFunding): Promise<Response> {
  const provider = providerAt(route, providers);
  const answering = inboundError(answer, provider, funding);
  return await noteRefusal(services.database, funding.credential, provesKeys(provider, route.path), answering);
}

/** Throws as `inboundError`. */
export async function errorOnCredits(answer: Response, route: Route, funding: Funding): Promise<Response> {
  return await inboundError(answer, providerAt(route, providers), funding);
}
