/** The registry as a call needs it: of the catalogue and of the operator's own endpoints, by id. */
import { calledCatalogue } from "../../../catalogue/called.ts";
import type { ProviderId } from "../../../catalogue/index.ts";
import { readEndpoints } from "../env.ts";
import { calledEndpoints } from "./called-endpoints.ts";
import type { CalledProvider } from "./types.ts";

export type { ProviderId };

/** An id of an endpoint passes for one of the catalogue: nothing but its row tells them apart. */
export const calledProviders: Readonly<Record<ProviderId, CalledProvider>> = {
  ...calledCatalogue,
  ...calledEndpoints(readEndpoints()),
};

export const providerIds = Object.keys(calledProviders) as ProviderId[];

export function isProviderId(value: unknown): value is ProviderId {
  return typeof value === "string" && Object.hasOwn(calledProviders, value);
}
