import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { redact } from "../../../functions/_shared/relay/redaction.ts";

const hexOf = (character: string) => character.charCodeAt(0).toString(16).padStart(2, "0");
const apiKey = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789";

describe("redact()", () => {
  test("takes a key out as it is, and as URLs, JSON and base64 write it", () => {
    const key = 'sk-"a/b+c"';
    const text = [key, encodeURIComponent(key), JSON.stringify({ key }), btoa(key), `${key}${key}`].join(" ");
    expect(redact(text, key)).toBe('[redacted] [redacted] {"key":"[redacted]"} [redacted] [redacted][redacted]');
  });

  test.each<[string, (key: string) => string]>([
    ["a URL in small letters", (key) => encodeURIComponent(key).toLowerCase()],
    ["a URL, every character of it", (key) => key.replaceAll(/./gs, (one) => `%${hexOf(one)}`)],
    ["a URL within a URL", (key) => encodeURIComponent(encodeURIComponent(key))],
    ["JSON with slashes escaped", (key) => JSON.stringify(key).slice(1, -1).replaceAll("/", "\\/")],
    ["JSON, every character of it", (key) => key.replaceAll(/./gs, (one) => `\\u00${hexOf(one).toUpperCase()}`)],
    ["JSON within JSON within JSON", (key) => [1, 2, 3].reduce((text) => JSON.stringify(text).slice(1, -1), key)],
    ["UTF-16", (key) => key.replaceAll(/./gs, "$&\0")],
    ["base64 in a URL", (key) => encodeURIComponent(btoa(key))],
    ["base64 in JSON with slashes escaped", (key) => btoa(key).replaceAll("/", "\\/")],
  ])("takes a key out as %s writes it", (_, spell) => {
    // These hold characters that every one of these writes in another way; in base64 too.
    for (const key of ['sk-"a/b+c\\d~0123456789', "sk-~?>?~>?>~0123456789"]) {
      expect(redact(`to ${spell(key)} and on`, key)).toBe("to [redacted] and on");
    }
  });

  test("takes a key out that begins as a URL and goes on as JSON writes it", () => {
    const half = apiKey.length / 2;
    const mixed = encodeURIComponent("+") + "\\u002b" + apiKey.slice(half);
    expect(redact(`${mixed} left`, `++${apiKey.slice(half)}`)).toBe("[redacted] left");
  });

  test.each([
    [
      "Rate limit reached in organization org-aB3aB3aB3aB3aB3aB3aB3aB3 on",
      "Rate limit reached in organization [redacted] on",
    ],
    ["in organization `org_01jfake0000000000000000000` service", "in organization `[redacted]` service"],
    ["Project `proj_aB3aB3aB3aB3aB3aB3aB3aB3` has no", "Project `[redacted]` has no"],
    ["your organization (0a1b2c3d-0000-4000-8000-00000d0b1e00) exceeds", "your organization ([redacted]) exceeds"],
    ['"consumer": "projects/123456789012"', '"consumer": "[redacted]"'],
    ["an org-specific limit of the org_admin", "an org-specific limit of the org_admin"],
    ["request 0a1b2c3d-0000-4000-8000-00000d0b1e00", "request 0a1b2c3d-0000-4000-8000-00000d0b1e00"],
  ])("takes out whose account it is: %s", (text, clean) => {
    expect(redact(text, apiKey)).toBe(clean);
  });

  test.each([
    ["backslashes", "\\"],
    ["percent signs", "%25"],
    ["zeros", "s\0\0\0"],
    ["beginnings of a key", apiKey.slice(0, -1)],
  ])("is done with the longest error in no time, be it full of %s", (_, piece) => {
    const text = piece.repeat((256 * 1024) / piece.length);
    const before = performance.now();
    redact(text, apiKey);
    expect(performance.now() - before).toBeLessThan(10_000);
  });

  test("takes a key out as hex writes it", () => {
    const hex = Buffer.from(apiKey).toString("hex");
    expect(redact(`${hex} ${hex.toUpperCase()}`, apiKey)).toBe("[redacted] [redacted]");
  });

  test.each(["", "a", "ab"])("takes a key out of base64 where it comes after %j", (before) => {
    for (const after of ["", "c", "cd", "cde"]) {
      for (const encoding of ["base64", "base64url"] as const) {
        // What is left of a longer text holds at most the few bits of the key that share a character with their neighbours.
        const clean = redact(Buffer.from(`${before}${apiKey}${after}`).toString(encoding), apiKey);
        expect(clean).toMatch(/^[\w+/=-]{0,3}\[redacted\][\w+/=-]{0,7}$/);
      }
    }
  });

  test.each([
    `Incorrect API key: ${apiKey.slice(0, 8)}****${apiKey.slice(-4)}`,
    `Incorrect API key: ${apiKey.slice(0, 12)}...${apiKey.slice(-4)}`,
    `Incorrect API key: ${apiKey.slice(0, 20)}`,
  ])("takes out what begins as the key does: %s", (text) => {
    expect(redact(text, apiKey)).toBe("Incorrect API key: [redacted]");
  });

  test("leaves every other text as it is, replacement patterns included", () => {
    expect(redact("$& sk-other", "sk-key")).toBe("$& sk-other");
    expect(redact("sk-$&", "sk-$&")).toBe("[redacted]");
    expect(redact("sk-ant-other and the end", apiKey)).toBe("sk-ant-other and the end");
  });

  test("leaves no part of a key, wherever a text is cut", () => {
    const spell = [
      (key: string) => key,
      encodeURIComponent,
      (key: string) => btoa(key),
      (key: string) => Buffer.from(key).toString("hex"),
      (key: string) => JSON.stringify(JSON.stringify(key)),
    ];
    const printable = fc.string({
      minLength: 16,
      maxLength: 60,
      unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
    });
    fc.assert(
      fc.property(printable, fc.constantFrom(...spell), fc.nat(), (key, spelling, at) => {
        const spelled = spelling(key);
        const text = `${" ".repeat(400)}${spelled}`.slice(0, 400 + (at % (spelled.length + 1)));
        expect(redact(text, key, true).replaceAll("[redacted]", "").trim()).toBe("");
      }),
    );
  });
});
