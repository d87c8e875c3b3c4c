/** Verdicts of answers on a key, in the providers' own words: fixtures/providers/ has the samples. */
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { sharedAnswers } from "../../../catalogue/shared-answers.ts";
import { classify, rowOf, rowsFor } from "../../../functions/_shared/providers/classify.ts";
import { providerIds, providers } from "../../../functions/_shared/providers/index.ts";
import { answerFixtures } from "../../harness/providers/fixtures.ts";

// Thousands of cases each, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 });

describe("classify()", () => {
  test.each(answerFixtures.map(([id, fixture]) => [id, fixture.name, fixture.status, fixture] as const))(
    "understands what %s means by %s (HTTP %d)",
    (id, _, status, { body, verdict, reason }) => {
      expect(classify(providers[id], { status, body })).toMatchObject({ verdict, reason });
    },
  );

  test("has a sample for every row, whose first match it is", () => {
    const decisive = new Set(answerFixtures.map(([id, { status, body }]) => rowOf(providers[id], { status, body })));
    for (const id of providerIds) {
      const own = rowsFor(providers[id]).filter((row) => !(sharedAnswers as readonly unknown[]).includes(row));
      expect(own.filter((row) => !decisive.has(row))).toEqual([]);
    }
    expect(sharedAnswers.filter((row) => !decisive.has(row))).toEqual([]);
  });

  test("has samples that name their source and the day it was read", () => {
    for (const [, { source, seen }] of answerFixtures) {
      expect(source).toMatch(/^https:\/\//);
      expect(seen).toMatch(/^\d{4}-\d\d-\d\d$/);
    }
  });
});

test("a code is told by the whole of it", () => {
  const error = { message: "No.", type: "requests", code: "nearly_insufficient_quota" };
  expect(classify(providers.openai, { status: 429, body: { error } }).verdict).toBe("rate_limited");
});

/** A member of a team may name a model like this, in a call on the team's key. */
test.each([
  [
    "openai",
    404,
    { message: "The model `must be a member of an organization` does not exist.", type: "x", code: "model_not_found" },
  ],
  ["openai", 404, { message: "account suspended: there is nothing of this name.", type: "invalid_request_error" }],
  ["anthropic", 404, { type: "not_found_error", message: "model: credit balance is too low" }],
  [
    "google",
    404,
    { code: 404, status: "NOT_FOUND", message: "models/enable billing is not found for API version v1beta" },
  ],
  ["deepseek", 400, { message: "The model `account suspended` is not found", type: "invalid_request_error" }],
  ["openrouter", 400, { message: "account suspended is not a valid model ID", code: 400 }],
] as const)("a model that is named like a refusal of the key refuses none: %s, %d %j", (id, status, error) => {
  expect(classify(providers[id], { status, body: { type: "error", error } }).verdict).toBeNull();
});

test("no more of an error is read than its first 2,000 characters", () => {
  const answer = (blanks: number) => {
    const message = `${" ".repeat(blanks)}only supported in v1/responses`;
    return { status: 404, body: { error: { message, type: "invalid_request_error" } } };
  };
  expect(classify(providers.openai, answer(1_900)).isElsewhere).toBe(true);
  expect(classify(providers.openai, answer(2_000)).isElsewhere).toBe(false);
});

describe.each(providerIds)("of %s", (id) => {
  const of = (status: number, body?: unknown) => classify(providers[id], { status, body });

  test.each([
    ["a success in no JSON", 200, undefined],
    ["a success that is a text", 200, "ok"],
    ["a success in a JSON that is not the API's", 200, { status: "ok" }],
    ["a success that holds an error", 200, { data: [], error: { message: "No." } }],
    ["a redirect", 302, {}],
    ["a refusal in no JSON, as a proxy's", 403, undefined],
    ["a 401 in no JSON", 401, undefined],
    ["a 401 in a JSON that is not the API's", 401, { reply: "Unauthorized" }],
    ["a 403 in almost the API's form", 403, { error: { message: "Forbidden" } }],
    ["a rate limit in no JSON", 429, undefined],
    ["a bad request in a JSON that is not the API's", 400, {}],
    ["a fault in JSON", 500, { error: { message: "Internal error" } }],
    ["a fault of a proxy", 502, undefined],
    ["an outage", 503, {}],
    ["a timeout of a proxy", 504, undefined],
  ])("%s says nothing", (_, status, body) => {
    expect(of(status, body).verdict).toBe("unverified");
  });

  test("a list and a generation say that the key works", () => {
    const successes = { openai: { data: [] }, anthropic: { content: [] }, google: { models: [] } };
    expect(of(200, successes[providers[id].api.dialect]).verdict).toBe("verified");
  });

  test.each(["reached your ", "missing scopes", "reported as leaked", "prepayment", "billing", "account ", " "])(
    "the longest error takes no time, be it full of %j",
    (words) => {
      const error = {
        message: words.repeat((256 * 1024) / words.length),
        type: "t",
        status: "S",
        code: 4,
        details: [words.repeat(10_000)],
      };
      const before = performance.now();
      for (const status of [400, 401, 403, 429]) of(status, { type: "error", error });
      expect(performance.now() - before).toBeLessThan(5_000);
    },
  );

  test("an object where a text should be trips nothing", () => {
    const strange = { toString: 1, valueOf: 1 };
    const error = { code: strange, type: strange, status: strange, message: strange, details: strange };
    for (const status of [200, 400, 401, 403, 429]) expect(() => of(status, { error })).not.toThrow();
  });

  test("nothing throws, whatever the answer", () => {
    const verdicts = ["verified", "unverified", "rejected", "restricted", "no_credit", "rate_limited", null];
    const fields = ["message", "code", "type", "status", "details"].map((name) => [name, fc.jsonValue()] as const);
    const errors = fc.record({ type: fc.constantFrom("error", "x"), error: fc.record(Object.fromEntries(fields)) });
    const bodies = fc.oneof(fc.jsonValue(), fc.record({ error: fc.jsonValue() }), errors, fc.constant(undefined));
    fc.assert(
      fc.property(fc.integer({ min: 200, max: 599 }), bodies, (status, body) => {
        expect(verdicts).toContain(of(status, body).verdict);
      }),
    );
  });
});
