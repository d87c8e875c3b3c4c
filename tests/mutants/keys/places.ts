import type { Guard } from "../mutants.ts";

const places = { file: "catalogue/places.ts", test: "tests/unit/providers/places.test.ts", promise: "G32" } as const;

export const placeGuards: readonly Guard[] = [
  {
    ...places,
    name: "A place is a DNS label",
    guard: "dnsLabel.test(place) && ",
    instead: "",
  },
  {
    ...places,
    name: "A place is one of its provider's",
    guard: "if (known) return Object.hasOwn(known, place);",
    instead: "if (known) return true;",
  },
  {
    ...places,
    name: "An address is made of a place that was checked",
    guard: 'if (!isPlaceOf(provider, place)) throw new RangeError("There is no such place.");',
    instead: "",
  },
  {
    name: "A saved key is for a place of its provider",
    promise: "G32",
    file: "functions/_shared/providers/places.ts",
    guard: "if (isPlaceOf(provider, place)) return place;",
    instead: "return place;",
    test: "tests/unit/providers/places.test.ts",
  },
  {
    name: "An opened key is for a place of its provider",
    promise: "G32",
    file: "functions/_shared/keys/opening.ts",
    guard: 'if (!isPlaceOf(row, key.place)) throw new ByokError("envelope_unreadable");',
    instead: "",
    test: "tests/unit/keys/saved-keys.test.ts",
  },
  {
    name: "A call goes to the place that was sealed with its key",
    promise: "G32",
    file: "functions/call/outbound.ts",
    guard: "addressOf(route, services.originOf(route.provider, funding.place))",
    instead: "addressOf(route, services.originOf(route.provider, null))",
    test: "tests/e2e/keys/places.test.ts",
  },
  {
    name: "A key is checked at its place",
    promise: "G32",
    file: "functions/_shared/keys/checks.ts",
    guard: "origin: originOf(provider, place),",
    instead: "origin: originOf(provider, null),",
    test: "tests/e2e/keys/places.test.ts",
  },
  {
    name: "A rotated key keeps its place",
    promise: "G32",
    file: "functions/_shared/keys/rotation.ts",
    guard: "await seal(keyring, binding, key)",
    instead: "await seal(keyring, binding, { ...key, place: null })",
    test: "tests/unit/keys/rotation.test.ts",
  },
];
