/** A provider's error, as a user on credits may see it. */
import { describe, expect, test } from "vitest";
import { holdsGeneration, platformError } from "../../../functions/_shared/relay/platform-error.ts";

/** Text that an error must never hold, wherever the provider wrote it. */
const secret = "s3cret of the operator";

describe("platformError()", () => {
  test("passes on what says which field is wrong", () => {
    const error = { message: "Unknown field: 'x'", type: "invalid_request_error", param: "messages[0].x", code: null };
    expect(platformError(400, { error })).toEqual({ error });
    const anthropic = {
      type: "error",
      error: { type: "invalid_request_error", message: "max_tokens: required" },
      request_id: "req_1",
    };
    expect(platformError(400, anthropic)).toEqual(anthropic);
    const google = { error: { code: 400, message: "Invalid value", status: "INVALID_ARGUMENT" } };
    expect(platformError(400, google)).toEqual(google);
    expect(platformError(400, [google])).toEqual(google);
  });

  test.each<[string, unknown]>([
    ["Groq's text of the model", { error: { message: "Failed to generate JSON", failed_generation: secret } }],
    ["details", { error: { message: "no", details: [{ secret }], metadata: { raw: secret } } }],
    ["fields beside the error", { error: { message: "no" }, output: secret, choices: [{ message: secret }] }],
    ["a code that is a text", { error: { message: "no", code: secret, type: `${secret}.`, param: secret } }],
    ["a code that could be a key", { error: { message: "no", param: "s3cret-of-the-operator-0123456789" } }],
    ["an object where text belongs", { error: { message: { secret }, code: [secret] } }],
    ["no error at all", { secret }],
    ["no object", secret],
    ["nothing", undefined],
  ])("keeps back %s", (_, body) => {
    const shown = platformError(400, body);
    expect(JSON.stringify(shown)).not.toContain("s3cret");
    expect(shown).toHaveProperty("error.message");
  });

  test("cuts a message off, and takes ids out of it", () => {
    expect(platformError(400, { error: { message: "x".repeat(5000) } })).toEqual({
      error: { message: "x".repeat(400) },
    });
    const message = "No such file in org-abcdefghijklmnop";
    expect(platformError(404, { error: { message } })).toEqual({ error: { message: "No such file in [redacted]" } });
  });

  test.each([
    ["its limits", 429, "Rate limit reached on tokens per min: Limit 30000, Used 28000", undefined],
    ["its organization", 404, "Your organization must be verified to use the model `x`", undefined],
    ["its project", 400, "Project 123 has no access", undefined],
    ["its money", 400, "Your credit balance is too low", undefined],
    ["its quota, by the code", 400, "Try later", "insufficient_quota"],
    ["its plan", 413, "Upgrade to Dev Tier today", undefined],
    ["a failure of the provider", 500, "Database db-7 of customer 42 is down", undefined],
    ["a failure in an answer that began well", 200, "Server gpu-17 is down", undefined],
  ])("says of the operator's account nothing: %s", (_, status, message, code) => {
    const shown = JSON.stringify(platformError(status, { error: { message, ...(code ? { code } : {}) } }));
    expect(shown).not.toContain(message);
    expect(shown).not.toContain(code ?? message);
    expect(shown).toMatch(/at the moment|The provider failed/);
  });
});

test.each<[boolean, unknown]>([
  [true, { error: { message: "Failed to call a function", failed_generation: "<function=x>" } }],
  [false, { error: { message: "Failed to call a function", failed_generation: "" } }],
  [false, { error: { message: "failed_generation" }, failed_generation: "x" }],
  [false, { error: "failed_generation" }],
  [false, undefined],
])("holdsGeneration() says %s of %j", (expected, body) => expect(holdsGeneration(body)).toBe(expected));
