import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isRecord, parseJson } from "../../functions/_shared/json.ts";

describe("isRecord()", () => {
  test("is true of JSON objects and of nothing else", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(isRecord(value)).toBe(JSON.stringify(value).startsWith("{"));
      }),
    );
    expect(isRecord(undefined)).toBe(false);
  });
});

describe("parseJson()", () => {
  test("gives the value of any JSON", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(parseJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  test.each(["", "{", "nonsense", "{'a': 1}", "undefined", "NaN"])("gives undefined for %j", (text) => {
    expect(parseJson(text)).toBeUndefined();
  });

  test.each([
    ["[", "]"],
    ['{"a":', "}"],
  ])("gives undefined for what nests deeper than 1000 times %s", (open, close) => {
    const nested = (depth: number) => `${open.repeat(depth)}1${close.repeat(depth)}`;
    expect(parseJson(nested(1000))).toEqual(JSON.parse(nested(1000)));
    expect(parseJson(nested(1001))).toBeUndefined();
  });

  test.each([
    ["objects", (count: number) => `[${"{},".repeat(count - 2)}{}]`],
    ["arrays", (count: number) => `[${"[],".repeat(count - 2)}[]]`],
    ["fields", (count: number) => `{${'"a":1,'.repeat(count - 2)}"a":1}`],
  ])("gives undefined for more than 50,000 %s", (_, write) => {
    expect(parseJson(write(50_000))).toEqual(JSON.parse(write(50_000)));
    expect(parseJson(write(50_001))).toBeUndefined();
  });

  test("reads as many numbers as there are: a list of them takes no more memory than its text", () => {
    expect(parseJson(`[${"1,".repeat(500_000)}1]`)).toHaveLength(500_001);
  });

  test.each([
    [":".repeat(200_000)],
    ["[".repeat(2000)],
    ['\\"'.repeat(1000) + "[".repeat(2000)],
    ["\\".repeat(2000)],
    ["{".repeat(2000) + "\\"],
  ])("counts nothing within a string", (text) => expect(parseJson(JSON.stringify([text, text]))).toEqual([text, text]));

  test("counts only what is open", () => {
    const flat = JSON.stringify(Array.from({ length: 2000 }, () => ({ a: [] })));
    expect(parseJson(flat)).toEqual(JSON.parse(flat));
  });
});
