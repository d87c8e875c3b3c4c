import { randomUUID } from "node:crypto";
import { catalogue, type ProviderId } from "../../catalogue/index.ts";
import type { Provider } from "../../catalogue/types.ts";

/** The behaviours of a fake. The name is part of the key, so a test needs no set-up call. */
export const behaviours = [
  "works",
  "platform",
  "rejected",
  "restricted",
  "forbidden",
  "no_credit",
  "rate_limited",
  "overloaded",
  "unavailable",
  "edge_blocked",
  "hangs",
  "resets",
  "redirects",
  "garbage",
  "broken_json",
  "echoes",
  "cut",
  "stalls",
  "drips",
  "cookies",
] as const;

export type Behaviour = (typeof behaviours)[number];

export type { ProviderId };

export const providerIds = Object.keys(catalogue) as ProviderId[];

export function isBehaviour(name: unknown): name is Behaviour {
  return behaviours.includes(name as Behaviour);
}

/**
 * Returns a fresh API key in the provider's format, which makes that provider's fake behave as named:
 * `<prefix>fake-<behaviour>-[<name>-]<random>`, with 32 random characters at the end.
 *
 * A key for `echoes` also holds `+/="`, so that its URL-encoded and JSON-escaped forms differ from the key
 * itself.
 *
 * @param name letters and digits that tell keys apart when a person reads them
 */
export function fakeKey(provider: ProviderId, behaviour: Behaviour, name?: string): string {
  if (name !== undefined && !/^[A-Za-z0-9]+$/.test(name)) {
    throw new TypeError("fakeKey() takes a name of letters and digits only");
  }
  const specials = behaviour === "echoes" ? '+/="' : "";
  const label = name === undefined ? "" : `${name}-`;
  return `${startOf(provider)}${behaviour}-${label}${specials}${randomUUID().replaceAll("-", "")}`;
}

/** Where nothing is known of how keys begin, it tells whose they are. */
function startOf(provider: ProviderId): string {
  const { keys }: Provider = catalogue[provider];
  return `${keys.newest ?? `${provider}-`}fake-`;
}

/** Returns the behaviour written into a key, or null where the key is not of this provider's fakes. */
export function behaviourOf(provider: ProviderId, key: string): Behaviour | null {
  const start = startOf(provider);
  if (!key.startsWith(start)) return null;
  const [, behaviour, tail] = /^([a-z_]+)-(.+)$/.exec(key.slice(start.length)) ?? [];
  if (!isBehaviour(behaviour) || tail === undefined || !/[0-9a-f]{32}$/.test(tail)) return null;
  return behaviour;
}
