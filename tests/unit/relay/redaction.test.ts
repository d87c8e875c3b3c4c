import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { holdsKey, withoutAccountIds } from "../../../functions/_shared/relay/redaction.ts";

const hexOf = (character: string) => character.charCodeAt(0).toString(16).padStart(2, "0");
const apiKey = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789";

const spellings: Record<string, (key: string) => string> = {
  nobody: (key) => key,
  "a URL": encodeURIComponent,
  "a URL in small letters": (key) => encodeURIComponent(key).replaceAll(/%../g, (code) => code.toLowerCase()),
  "a URL, every character of it": (key) => key.replaceAll(/./gs, (one) => `%${hexOf(one)}`),
  "a URL within a URL": (key) => encodeURIComponent(encodeURIComponent(key)),
  JSON: (key) => JSON.stringify(key),
  "JSON with slashes escaped": (key) => JSON.stringify(key).slice(1, -1).replaceAll("/", "\\/"),
  "JSON, every character of it": (key) => key.replaceAll(/./gs, (one) => `\\u00${hexOf(one).toUpperCase()}`),
  "JSON within JSON within JSON": (key) => [1, 2, 3].reduce((text) => JSON.stringify(text).slice(1, -1), key),
  "UTF-16": (key) => key.replaceAll(/./gs, "$&\0"),
  hex: (key) => Buffer.from(key).toString("hex"),
  "hex in capitals": (key) => Buffer.from(key).toString("hex").toUpperCase(),
  base64: (key) => btoa(key),
  "base64 in a URL": (key) => encodeURIComponent(btoa(key)),
  "base64 for URLs": (key) => Buffer.from(key).toString("base64url"),
  "base64 in JSON with slashes escaped": (key) => btoa(key).replaceAll("/", "\\/"),
};

describe("holdsKey()", () => {
  test.each(Object.entries(spellings))("finds a key as %s writes it", (_, spell) => {
    // These hold characters that every one of these writes in another way; in base64 too. The last one is short.
    for (const key of ['sk-"a/b+c\\d~0123456789', "sk-~?>?~>?>~0123456789", 'sk-"a/b+c']) {
      expect(holdsKey(`to ${spell(key)} and on`, key)).toBe(true);
      expect(holdsKey(`to ${spell("pk-another/one+of-a-kind")} and on`, key)).toBe(false);
    }
  });

  test("finds a key that begins as a URL and goes on as JSON writes it", () => {
    expect(holdsKey(`${encodeURIComponent("+")}\\u002b${apiKey.slice(22)}`, `++${apiKey.slice(22)}`)).toBe(true);
  });

  test.each(["", "a", "ab"])("finds a key in base64 where it comes after %j", (before) => {
    for (const after of ["", "c", "cd", "cde"]) {
      for (const encoding of ["base64", "base64url"] as const) {
        expect(holdsKey(Buffer.from(`${before}${apiKey}${after}`).toString(encoding), apiKey)).toBe(true);
      }
    }
  });

  test.each([
    `Incorrect API key: ${apiKey.slice(0, 8)}****${apiKey.slice(-4)}`,
    `Incorrect API key: ${apiKey.slice(0, 12)}...${apiKey.slice(-4)}`,
    `Incorrect API key: ${apiKey.slice(0, 20)}`,
  ])("finds what begins as the key does: %s", (text) => expect(holdsKey(text, apiKey)).toBe(true));

  test.each(["", "sk-ant-other and the end", "100 % of it, \\o/ and 50%", 'a "quoted" text', "\\u0041nother"])(
    "finds none in: %s",
    (text) => expect(holdsKey(text, apiKey)).toBe(false),
  );

  test("finds one in a text with more layers than anybody writes", () => {
    expect(holdsKey("\\".repeat(2000), apiKey)).toBe(true);
    expect(holdsKey(`%${"25".repeat(20)}41`, apiKey)).toBe(true);
  });

  test.each([
    ["backslashes", "\\"],
    ["percent signs", "%25"],
    ["zeros", "s\0\0\0"],
    ["beginnings of a key", apiKey.slice(0, 7)],
  ])("is done with the longest error in no time, be it full of %s", (_, piece) => {
    const text = piece.repeat((256 * 1024) / piece.length);
    const before_ms = performance.now();
    holdsKey(text, apiKey);
    expect(performance.now() - before_ms).toBeLessThan(10_000);
  });

  test("finds a key wherever a text is cut, unless the cut left less than 8 characters", () => {
    const printable = fc.string({
      minLength: 16,
      maxLength: 60,
      // Of keys that themselves look like a spelling there would be another one.
      unit: fc
        .constantFrom(...Array.from({ length: 0x5e }, (_, at) => String.fromCharCode(0x21 + at)))
        .filter((one) => !"%\\".includes(one)),
    });
    fc.assert(
      fc.property(printable, fc.constantFrom(...Object.values(spellings)), fc.nat(), (key, spell, at) => {
        const least = spell(key.slice(0, 10)).length + 6;
        const spelled = spell(key);
        const cut = spelled.slice(0, least + (at % Math.max(1, spelled.length - least)));
        expect(holdsKey(`${" ".repeat(400)}${cut}`, key)).toBe(true);
      }),
    );
  });
});

test.each([
  [
    "Rate limit reached in organization org-aB3aB3aB3aB3aB3aB3aB3aB3 on",
    "Rate limit reached in organization [redacted] on",
  ],
  ["in organization `org_01jdouble00000000000000000` service", "in organization `[redacted]` service"],
  ["Project `proj_aB3aB3aB3aB3aB3aB3aB3aB3` has no", "Project `[redacted]` has no"],
  ["your organization (0a1b2c3d-0000-4000-8000-00000d0b1e00) exceeds", "your organization ([redacted]) exceeds"],
  ['"consumer": "projects/123456789012"', '"consumer": "[redacted]"'],
  ["enable billing on project #100000000001 by", "enable billing on project #[redacted] by"],
  ["has not been used in project 100000000001 before", "has not been used in project [redacted] before"],
  ["a project of 1000 files, and project 7", "a project of 1000 files, and project 7"],
  ["an org-specific limit of the org_admin", "an org-specific limit of the org_admin"],
  ["request 0a1b2c3d-0000-4000-8000-00000d0b1e00", "request 0a1b2c3d-0000-4000-8000-00000d0b1e00"],
])("takes out whose account it is: %s", (text, clean) => expect(withoutAccountIds(text)).toBe(clean));
