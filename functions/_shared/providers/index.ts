/** The registry: the rows of the catalogue and of the operator's own endpoints, by id. */
import { catalogue, type ProviderId } from "../../../catalogue/index.ts";
import { readEndpoints } from "../env.ts";
import { endpointRows } from "./endpoints.ts";
import type { Provider } from "./types.ts";

export type { ProviderId };

/** An id of an endpoint passes for one of the catalogue: nothing but its row tells them apart. */
export const providers: Readonly<Record<ProviderId, Provider>> = { ...catalogue, ...endpointRows(readEndpoints()) };

export const providerIds = Object.keys(providers) as ProviderId[];

export function isProviderId(value: unknown): value is ProviderId {
  return typeof value === "string" && Object.hasOwn(providers, value);
}
