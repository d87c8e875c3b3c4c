/** The place that a user names with a key. */
import { isPlaceOf } from "../../../catalogue/places.ts";
import { ByokError } from "../errors.ts";
import type { Provider } from "./types.ts";

/**
 * The place that a user names for a key. Space around it and upper case are taken off; the empty text is none.
 *
 * @throws ByokError `invalid_request`, which says what is expected
 */
export function requirePlace(provider: Pick<Provider, "name" | "place">, given: string | undefined): string | null {
  const place = given?.trim().toLowerCase() || null;
  if (isPlaceOf(provider, place)) return place;
  throw new ByokError("invalid_request", { message: complaint(provider, place), details: { field: "place" } });
}

function complaint({ name, place: rule }: Pick<Provider, "name" | "place">, place: string | null): string {
  if (!rule) return `A key of ${name} has no place: leave it out.`;
  if (place === null) return `${name} needs the ${rule.kind} of this key. ${rule.hint}`;
  const some = rule.known ? `it is one of ${Object.keys(rule.known).join(", ")}` : `one looks like ${rule.example}`;
  return `${name} has no such ${rule.kind}: ${some}. ${rule.hint}`;
}
