import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { redact } from "../../functions/_shared/redaction.ts";

const apiKey = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789";

describe("redact()", () => {
  test("takes a key out as it is, and as URLs, JSON and base64 write it", () => {
    const key = 'sk-"a/b+c"';
    const text = [key, encodeURIComponent(key), JSON.stringify({ key }), btoa(key), `${key}${key}`].join(" ");
    expect(redact(text, key)).toBe('[redacted] [redacted] {"key":"[redacted]"} [redacted] [redacted][redacted]');
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
