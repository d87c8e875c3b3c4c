/**
 * As much of each provider as a call needs. A bundle holds this as data that is made beforehand (cli/lib/bundle/data.ts), so that a
 * start reads and makes no more of the rows than this.
 */
import { catalogue, type ProviderId } from "./index.ts";
import type { CalledProvider, Provider } from "./types.ts";

const rows = Object.entries<Provider>(catalogue).map(([id, { number, name, api, place }]) => {
  return [id, { number, name, api, ...(place ? { place } : {}) }] as const;
});

export const calledCatalogue = Object.fromEntries(rows) as Record<ProviderId, CalledProvider>;
