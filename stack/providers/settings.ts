import { type ProviderId, providers } from "../../functions/_shared/providers/index.ts";
import { type FakeProviders, startFakeProviders } from "./index.ts";

/** Whom the functions' calls go to. */
export type ProviderMode = "fakes" | "real" | "none";

export interface Providers {
  fakes?: FakeProviders;
  /** variables for the functions */
  env: Record<string, string>;
  /** what the functions may reach besides what their environment names */
  hosts: string[];
  stop(): Promise<void>;
}

/** Every host of the providers; `*` stands for a place and what may come before it. */
const realHosts = Object.values(providers).flatMap(({ api, place }) => {
  const addresses = place?.isOptional ? [api.origin, place.template] : [api.origin];
  return addresses.map((address) => address.replace(/^https:\/\//, "").replace(/^.*\{place\}/, "*"));
});

/** With "real", the platform's own keys are the caller's to give, in the functions' environment. */
export async function startProviders(mode: ProviderMode): Promise<Providers> {
  const stop = async () => {};
  if (mode === "real") return { env: {}, hosts: realHosts, stop };
  if (mode === "none") return { env: {}, hosts: [], stop };
  const fakes = await startFakeProviders();
  return {
    fakes,
    env: {
      BYOK_PLATFORM_KEYS: JSON.stringify(withPlaces(fakes.platformKeys)),
      BYOK_PROVIDER_ORIGINS: JSON.stringify(fakes.origins),
    },
    hosts: [],
    stop: () => fakes.stop(),
  };
}

/** Credits could buy of these, and the seeded price list has no row of theirs: a page would promise what cannot be bought. */
const withoutPrice: readonly string[] = ["deepseek"];

/** Keys as the setting takes them: with the example of a place where each key has one. */
function withPlaces(keys: FakeProviders["platformKeys"]): Record<string, unknown> {
  const bought = Object.entries(keys).filter(([id]) => !withoutPrice.includes(id));
  const entries = bought.map(([id, api_key]) => {
    const { place } = providers[id as ProviderId];
    return [id, place && !place.isOptional ? { api_key, place: place.example } : api_key] as const;
  });
  return Object.fromEntries(entries);
}
