import { describe, expect, test } from "vitest";
import { z } from "zod";
import { maxBody_bytes, parse } from "../../../functions/_shared/request/validation.ts";

const Body = z.strictObject({
  provider: z.enum(["openai", "groq"]),
  api_key: z.string(),
  more: z.object({ deep: z.number() }).optional(),
});
const valid = { provider: "openai", api_key: "sk-key" };

function refusalOf(body: unknown): unknown {
  try {
    parse(Body, body);
  } catch (error) {
    return error;
  }
  return expect.unreachable("it was parsed");
}

describe("parse()", () => {
  test("gives a body of the schema's form back", () => {
    expect(parse(Body, valid)).toEqual(valid);
  });

  test.each([
    ["provider", { api_key: "sk-key" }],
    ["provider", { ...valid, provider: "nobody" }],
    ["api_key", { ...valid, api_key: 7 }],
    ["more.deep", { ...valid, more: { deep: "x" } }],
    ["extra", { ...valid, extra: 1 }],
    ["body", []],
    ["body", null],
    ["body", "text"],
  ])("names the field %s", (field, body) => {
    expect(refusalOf(body)).toMatchObject({
      code: "invalid_request",
      status: 400,
      message: `The field ${field} is missing, unknown or not valid.`,
      details: { field },
    });
  });

  test("never repeats a value, which may be an API key", () => {
    for (const body of [
      "s3cret",
      { ...valid, provider: "s3cret" },
      { ...valid, api_key: ["s3cret"] },
      { ...valid, more: "s3cret" },
    ]) {
      const refusal = refusalOf(body) as Error & { details: unknown };
      expect(JSON.stringify([refusal.message, refusal.details, refusal.cause ?? null])).not.toContain("s3cret");
    }
  });

  test.each(["sk-proj-1234567890", "AIzaSy0000", "gsk_1", "x".repeat(33), ""])(
    "does not repeat an unknown field that is named as no field is: %j",
    (name) => {
      expect(refusalOf({ ...valid, [name]: 1 })).toMatchObject({ details: { field: "body" } });
    },
  );
});

test("bodies of save and verify are limited to 8 KiB", () => {
  expect(maxBody_bytes).toBe(8192);
});
