import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isPlaceOf, originAt } from "../../../catalogue/places.ts";
import { providerIds, providers } from "../../../functions/_shared/providers/index.ts";
import { requirePlace } from "../../../functions/_shared/providers/places.ts";

const { openai, groq } = providers;
/** Any label is a resource, as far as its form goes. */
const resource = {
  ...openai,
  name: "Some Cloud",
  api: { ...openai.api, origin: "https://{place}.cloud.test" },
  place: {
    kind: "resource",
    template: "https://{place}.cloud.test",
    pattern: "[a-z0-9-]{2,40}|.*",
    hint: "It is the first word of the address.",
    example: "my-resource",
    url: "https://cloud.test/",
    seen: "2026-11-26",
  },
} as const;

describe("originAt()", () => {
  test("puts a place into the constant address of its provider", () => {
    expect(originAt(openai, null)).toBe("https://api.openai.com");
    expect(originAt(openai, "eu")).toBe("https://eu.api.openai.com");
    expect(originAt(resource, "my-resource")).toBe("https://my-resource.cloud.test");
  });

  test("leads nowhere else, whatever the place is", () => {
    const parts = fc.constantFrom(
      ".",
      "/",
      "@",
      ":",
      "#",
      "?",
      "\\",
      "%2e",
      "evil.test",
      "a",
      "-",
      "\n",
      "\0",
      "$&",
      "é",
      "{",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(parts).map((all) => all.join("")),
        ),
        (place) => {
          let origin: string;
          try {
            origin = originAt(resource, place);
          } catch {
            return;
          }
          const url = new URL(origin);
          expect([url.origin, url.hostname.replace(/^[a-z0-9-]+/, "")]).toEqual([origin, ".cloud.test"]);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test.each([
    "",
    ".",
    "eu.",
    "eu/",
    "-eu",
    "eu-",
    "EU",
    "e u",
    "eu\n",
    "a".repeat(64),
    "evil.test",
    "evil.test/x",
    "x@y",
    "é",
  ])("refuses %j, which is no DNS label", (place) => expect(() => originAt(resource, place)).toThrow(RangeError));

  test("refuses to do without a place that each key has", () => {
    expect(() => originAt(resource, null)).toThrow(RangeError);
  });
});

describe("isPlaceOf()", () => {
  test("takes the listed ones alone, where there is a list", () => {
    expect(["eu", "us", null].map((place) => isPlaceOf(openai, place))).toEqual([true, true, true]);
    expect(["eu2", "toString", "constructor"].map((place) => isPlaceOf(openai, place))).toEqual([false, false, false]);
  });

  test("takes none for a provider without places", () => {
    expect(isPlaceOf(groq, null)).toBe(true);
    expect(isPlaceOf(groq, "eu")).toBe(false);
  });
});

describe("requirePlace()", () => {
  test("takes off what sticks to it", () => {
    expect(requirePlace(openai, " EU\n")).toBe("eu");
    expect([undefined, "", "  "].map((given) => requirePlace(openai, given))).toEqual([null, null, null]);
  });

  test.each([
    [groq, "eu", "A key of Groq has no place: leave it out."],
    [openai, "mars", /^OpenAI has no such region: it is one of us, eu, .+, ae\. A project .+\.$/],
    [resource, undefined, "Some Cloud needs the resource of this key. It is the first word of the address."],
    [
      resource,
      "a.b",
      "Some Cloud has no such resource: one looks like my-resource. It is the first word of the address.",
    ],
  ])("says what it expects: %#", (provider, given, message) => {
    const refused = (() => {
      try {
        return requirePlace(provider, given);
      } catch (error) {
        return error;
      }
    })();
    expect(refused).toMatchObject({ code: "invalid_request", details: { field: "place" } });
    expect((refused as Error).message).toMatch(message instanceof RegExp ? message : new RegExp(`^${message}$`));
  });
});

describe("the catalogue", () => {
  const rules = providerIds.flatMap((id) => {
    const { place } = providers[id];
    return place ? [[id, place] as const] : [];
  });

  test.each(rules)(
    "has for %s a template with one place in a constant host, and an example that is one",
    (id, rule) => {
      const { api } = providers[id];
      expect(rule.template).toMatch(/^https:\/\/(?:[a-z-]+\.)?\{place\}(?:\.[a-z-]+)+$/);
      expect(isPlaceOf(providers[id], rule.example)).toBe(true);
      expect(isPlaceOf(providers[id], "evil.test")).toBe(false);
      expect((rule.known === undefined) !== (rule.pattern === undefined)).toBe(true);
      expect(rule.hint).toMatch(/^[A-Z].+\.$/);
      expect(api.origin.includes("{place}")).toBe(!rule.isOptional);
      if (!rule.isOptional) expect(api.origin).toBe(rule.template);
    },
  );
});
