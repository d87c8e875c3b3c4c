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
});
