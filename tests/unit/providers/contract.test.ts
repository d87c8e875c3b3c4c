/** One suite for every adapter: what it knows is in facts.ts, what is asked of all is here. */
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { ByokError, type ErrorCode, errors } from "../../../functions/_shared/errors.ts";
import { isProviderId, providerIds, providers } from "../../../functions/_shared/providers/index.ts";
import type { Adapter, Probe } from "../../../functions/_shared/providers/types.ts";
import { type Facts, facts } from "./facts.ts";

// Thousands of cases each, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 });

const adapters: [id: string, adapter: Adapter, known: Facts][] = providerIds.map((id) => {
  const known = facts[id];
  if (!known) throw new Error(`facts.ts knows nothing about ${id}`);
  return [id, providers[id], known];
});

describe("the registry", () => {
  test("holds what facts.ts knows", () => {
    expect([...providerIds].sort()).toEqual(Object.keys(facts).sort());
  });

  test("gives no number twice", () => {
    const numbers = adapters.map(([, { number }]) => number);
    expect(new Set(numbers).size).toBe(numbers.length);
  });

  test("gives no origin twice", () => {
    const origins = adapters.map(([, { origin }]) => origin);
    expect(new Set(origins).size).toBe(origins.length);
  });

  test.each(providerIds)("knows %s by its id", (id) => {
    expect(isProviderId(id)).toBe(true);
  });

  test.each(["", "nobody", "OpenAI", "toString", "__proto__", 1, null, undefined, ["openai"]])(
    "knows nobody as %j",
    (id) => {
      expect(isProviderId(id)).toBe(false);
    },
  );
});

describe.each(adapters)("the adapter of %s", (_, adapter, known) => {
  describe("its address", () => {
    test("has the number that is in every envelope ever sealed", () => {
      expect(adapter.number).toBe(known.number);
      expect(Number.isInteger(adapter.number) && adapter.number >= 1 && adapter.number <= 255).toBe(true);
    });

    test("is https and a host, with no path", () => {
      expect(adapter.origin).toBe(known.origin);
      expect(new URL(adapter.origin)).toMatchObject({ protocol: "https:", origin: adapter.origin, pathname: "/" });
    });

    test("has prefixes that begin and end with a slash, so that none is part of another word", () => {
      expect(adapter.prefixes).toEqual(known.prefixes);
      for (const prefix of adapter.prefixes) expect(prefix).toMatch(/^\/([a-z0-9]+\/)+$/);
    });

    test("is known to users by a name", () => {
      expect(adapter.name).toMatch(/^[A-Z]/);
    });
  });

  describe("its keys", () => {
    test("authenticate by one header and nothing else", () => {
      expect(adapter.authenticate("sk-key")).toEqual(known.authentication);
    });

    test.each([...known.wrongKinds.map((key) => [key])])(
      "are refused with a reason where they never work: %s",
      (key) => {
        expect(adapter.refuseKind(key)).toMatch(/^This is .+\.$/);
        expect(adapter.refuseKind(key)).not.toContain(key);
      },
    );

    test.each(known.possibleKeys)("are let through where they may work: %s", (key) => {
      expect(adapter.refuseKind(key)).toBeNull();
    });
  });

  describe("its probes", () => {
    const expectValid = (probe: Probe) => {
      const url = new URL(`${adapter.origin}${probe.path}`);
      expect(url.origin).toBe(adapter.origin);
      expect(adapter.prefixes.some((prefix) => url.pathname.startsWith(prefix))).toBe(true);
      expect(Object.keys(probe.headers ?? {})).not.toContain(Object.keys(known.authentication)[0]);
    };

    test("list models by a GET of the provider's API", () => {
      expectValid(adapter.listing);
      expect(adapter.listing.body).toBeUndefined();
    });

    test.each(known.picks)("generate one token with the cheapest model of %j", (listing, model) => {
      const probe = adapter.generation(listing);
      expectValid(probe);
      expect(JSON.stringify([probe.path, probe.body])).toContain(model);
      expect(JSON.stringify(probe.body)).toMatch(/"(max_tokens|max_completion_tokens|maxOutputTokens)":1[,}]/);
    });

    test("are valid whatever a listing holds", () => {
      fc.assert(
        fc.property(fc.option(fc.jsonValue(), { nil: undefined }), (listing) => {
          expectValid(adapter.generation(listing));
        }),
      );
      const strange = [{ toString: 1 }, ["deeply", { toString: null }], 7, null];
      const lists = [...known.picks.map(([, model]) => [model]), ...strange].map((id) => ({
        data: [{ id, name: id }],
      }));
      for (const listing of lists) expect(adapter.generation(listing)).toEqual(adapter.generation(undefined));
      const odd = [{ data: [null, 1, "x", {}, { id: 7 }] }, { models: [{ name: {} }] }, { data: {}, models: 3 }];
      for (const listing of odd) expectValid(adapter.generation(listing));
    });
  });

  describe("judge()", () => {
    test.each(known.verdicts)("tells %s (HTTP %d)", (_, status, body, verdict) => {
      expect(adapter.judge({ status, body })).toBe(verdict);
    });

    test("calls a key verified when the provider answers it with a JSON object", () => {
      expect(adapter.judge({ status: 200, body: {} })).toBe("verified");
      expect(adapter.judge({ status: 200, body: { data: [] } })).toBe("verified");
    });

    test.each([
      ["a success in no JSON", 200, undefined],
      ["a success that is a text", 200, "ok"],
      ["a redirect", 302, {}],
      ["a refusal in no JSON, as a proxy's", 403, undefined],
      ["a 401 in no JSON", 401, undefined],
      ["a rate limit in no JSON", 429, undefined],
      ["a fault in JSON", 500, { error: { message: "Internal error" } }],
      ["a fault of a proxy", 502, undefined],
      ["an outage", 503, {}],
      ["a timeout of a proxy", 504, undefined],
    ])("finds out nothing from %s", (_, status, body) => {
      expect(adapter.judge({ status, body })).toBe("unverified");
    });

    test("says nothing about the key of a bad request", () => {
      expect(adapter.judge({ status: 400, body: {} })).toBeNull();
      expect(adapter.judge({ status: 404, body: { error: "odd" } })).toBeNull();
    });

    test("does not trip over an object where a text should be", () => {
      const strange = { toString: 1, valueOf: 1 };
      const error = { code: strange, type: strange, status: strange, message: strange, details: strange };
      for (const status of [400, 401, 403, 429]) expect(() => adapter.judge({ status, body: { error } })).not.toThrow();
    });

    test.each(["reached your ", "missing scopes", "reported as leaked", "prepayment", "billing", " "])(
      "is done with the longest error in no time, be it full of %j",
      (words) => {
        const error = { message: words.repeat((256 * 1024) / words.length), details: [words.repeat(10_000)] };
        const before = performance.now();
        for (const status of [400, 401, 403, 429]) adapter.judge({ status, body: { error } });
        expect(performance.now() - before).toBeLessThan(5_000);
      },
    );

    test("never throws, whatever the answer", () => {
      const verdicts = ["verified", "unverified", "rejected", "restricted", "no_credit", "rate_limited", null];
      const errorBodies = fc.record({ error: fc.jsonValue() });
      const details = fc.record({
        error: fc.record({
          message: fc.jsonValue(),
          code: fc.jsonValue(),
          type: fc.jsonValue(),
          details: fc.jsonValue(),
        }),
      });
      fc.assert(
        fc.property(
          fc.integer({ min: 200, max: 599 }),
          fc.oneof(fc.jsonValue(), errorBodies, details, fc.constant(undefined)),
          (status, body) => {
            expect(verdicts).toContain(adapter.judge({ status, body }));
          },
        ),
      );
    });
  });

  describe("errorBody()", () => {
    test.each(Object.keys(errors) as ErrorCode[])("puts %s in the provider's own form", (code) => {
      const error = new ByokError(code, { message: "What went wrong.", details: { field: "model" } });
      const body = adapter.errorBody(error);
      expect(body).toEqual(known.errorForm(error.callStatus));
      const text = JSON.stringify(body);
      for (const part of ["What went wrong.", JSON.stringify(code), '"field":"model"']) expect(text).toContain(part);
    });
  });
});
