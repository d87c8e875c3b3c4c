/** The registry: the rows of the catalogue by id. */
import { catalogue, type ProviderId } from "../../../catalogue/index.ts";
import type { Provider } from "./types.ts";

export type { ProviderId };

export const providers: Readonly<Record<ProviderId, Provider>> = catalogue;

export const providerIds = Object.keys(catalogue) as ProviderId[];

export function isProviderId(value: unknown): value is ProviderId {
  return typeof value === "string" && Object.hasOwn(catalogue, value);
}
