import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readPastedKey } from "../../../catalogue/pasted-keys.ts";
import { type PastedProblem, pastedProblems } from "../../../catalogue/pasted-problems.ts";
import { providerIds } from "../../../functions/_shared/providers/index.ts";
import { behaviours, fakeKey } from "../../../stack/providers/index.ts";
import { anyText } from "../../harness/drawing/any-text.ts";

const apiKey = "sk-proj-0123456789_abc-DEF";

describe("readPastedKey()", () => {
  test.each([
    ["nothing", apiKey],
    ["whitespace", ` \t\r\n\u00a0${apiKey}\n `],
    ["quotes", `"${apiKey}"`],
    ["single quotes", `'${apiKey}'`],
    ["backticks", `\`${apiKey}\``],
    ["a word processor's quotes", `“${apiKey}”`],
    ["one quote that was copied along", `${apiKey}"`],
    ["angle brackets", `<${apiKey}>`],
    ["brackets", `(${apiKey})`],
    ["a comma", `${apiKey},`],
    ["a semicolon", `${apiKey};`],
    ["quotes and a comma", `"${apiKey}",`],
    ["a line of a .env file", `OPENAI_API_KEY=${apiKey}`],
    ["a line of a .env file with quotes", `OPENAI_API_KEY="${apiKey}"`],
    ["a line of a shell", `export OPENAI_API_KEY="${apiKey}"`],
    ["a line of PowerShell", `$env:OPENAI_API_KEY = "${apiKey}"`],
    ["a line of Windows' shell", `set OPENAI_API_KEY=${apiKey}`],
    ["a setting of Windows'", `setx OPENAI_API_KEY "${apiKey}"`],
    ["an option of curl", `-H "Authorization: Bearer ${apiKey}"`],
    ["a line of JavaScript", `const apiKey = '${apiKey}';`],
    ["a line of Python", `api_key = "${apiKey}"`],
    ["a line of JSON", `"api_key": "${apiKey}",`],
    ["a line of YAML", `secret-token: ${apiKey}`],
    ["a scheme", `Bearer ${apiKey}`],
    ["a header", `Authorization: Bearer ${apiKey}`],
    ["a header with quotes", `"Authorization": "bearer ${apiKey}",`],
    ["another header", `x-goog-api-key: ${apiKey}`],
    ["zero-width characters", `\u200b${apiKey.slice(0, 9)}\u200b${apiKey.slice(9)}\ufeff\u2060`],
    ["a soft hyphen", `${apiKey.slice(0, 9)}\u00ad${apiKey.slice(9)}`],
    ["a line break within", `${apiKey.slice(0, 9)}\n${apiKey.slice(9)}`],
    [
      "line breaks and an indentation within",
      `${apiKey.slice(0, 9)}\r\n   ${apiKey.slice(9, 15)}\r\n   ${apiKey.slice(15)}`,
    ],
    ["a line break within quotes", `"${apiKey.slice(0, 9)}\n${apiKey.slice(9)}",`],
    ["everything at once", `export OPENAI_API_KEY="Bearer \u200b${apiKey}";\n`],
  ])("takes %s off a key", (_, pasted) => {
    expect(readPastedKey(pasted)).toEqual({ apiKey });
  });

  test.each([
    "AQ.Ab8RN6Lx-0123456789_abcdef",
    "0123456789abcdef0123456789abcdef.AbCdEfGhIjKlMnOp",
    "bce-v3/ALTAK-0123/456:789",
    "AbCd+/0123456789==",
    "key_0123456789",
    "token-0123456789",
    "my.key.0123456789",
    "0b6f2c1e-8d2a-4c55-9a3e-5d1f0a7b9c31:0123456789abcdef",
    "a\"b,c;d'e",
  ])("leaves %s as it is", (key) => {
    expect(readPastedKey(key)).toEqual({ apiKey: key });
  });

  test("leaves every key of the fakes as it is", () => {
    for (const id of providerIds) {
      for (const behaviour of behaviours) {
        const key = fakeKey(id, behaviour);
        expect(readPastedKey(`Bearer ${key}`)).toEqual({ apiKey: key });
      }
    }
  });

  test.each<[string, PastedProblem]>([
    ["", "empty"],
    [" \n\u200b ", "empty"],
    ['"",', "empty"],
    ["OPENAI_API_KEY=", "empty"],
    ["https://platform.openai.com/api-keys", "address"],
    ["sk-...wxyz", "shortened"],
    ["sk-proj-****wxyz", "shortened"],
    ["sk-proj-…wxyz", "shortened"],
    ["sk-proj-••••wxyz", "shortened"],
    [`${apiKey} my key`, "space"],
    ["sk-é", "character"],
    ["sk-\u0000", "character"],
    ["sk-\u007f", "character"],
    ["ѕk-proj-0123", "character"],
    [`${apiKey}\n${apiKey}`, "lines"],
    [`OPENAI_API_KEY=${apiKey}\nOTHER_KEY=x`, "lines"],
    [`my key\n${apiKey}`, "lines"],
    [`${apiKey}\nsomeone@example.com`, "lines"],
    ['{"type": "service_account", "private_key": "x"}', "file"],
    ['`{"type":"service_account"}`', "file"],
    [["-----BEGIN ", "PRIVATE KEY-----\nx\n"].join(""), "file"],
  ])("says what %j is", (pasted, problem) => {
    expect(readPastedKey(pasted)).toEqual({ problem });
    expect(pastedProblems[problem]).toMatch(/\.$/);
  });

  test("hands out printable ASCII without a space or nothing, whatever is pasted, and the same for what it hands out", () => {
    fc.assert(
      fc.property(fc.oneof(anyText(), fc.string({ unit: "grapheme" }), fc.string()), (pasted) => {
        const read = readPastedKey(pasted);
        if ("problem" in read) return;
        expect(read.apiKey).toMatch(/^[\x21-\x7e]+$/);
        expect(readPastedKey(read.apiKey)).toEqual(read);
      }),
    );
  });

  test.each([
    "x".repeat(8192),
    '"'.repeat(8192),
    "api_key".repeat(1170),
    "Bearer ".repeat(1170),
    "\n".repeat(8192),
    "a\n".repeat(4096),
  ])("is done with the longest body in no time: %#", (pasted) => {
    const before_ms = performance.now();
    readPastedKey(pasted);
    expect(performance.now() - before_ms).toBeLessThan(1_000);
  });
});
