/**
 * Places: the part of a provider's address that belongs to a key, such as a region. A place is a DNS label within a constant host
 * of the catalogue, so no place leads anywhere else than to the provider.
 */
import type { PlaceRule, Provider } from "./types.ts";

/** RFC 1035, section 2.3.1, in lower case, and digits first as RFC 1123 has it. */
const dnsLabel = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Whether a key may be for this place; null is none. */
export function isPlaceOf({ place: rule }: Pick<Provider, "place">, place: string | null): boolean {
  if (place === null) return !rule || rule.isOptional === true;
  return rule !== undefined && dnsLabel.test(place) && isNamed(rule, place);
}

function isNamed({ known, pattern }: PlaceRule, place: string): boolean {
  if (known) return Object.hasOwn(known, place);
  return new RegExp(`^(?:${pattern})$`).test(place);
}

/**
 * Where a provider's API is for a key with this place: `https://host`.
 *
 * @throws RangeError if the key can be for no such place
 */
export function originAt(provider: Pick<Provider, "api" | "place">, place: string | null): string {
  if (!isPlaceOf(provider, place)) throw new RangeError("There is no such place.");
  return place === null ? provider.api.origin : provider.place!.template.replace("{place}", () => place);
}
