import { describe, expect, test } from "vitest";
import { type EndedAnswer, mayHaveCost, refundOf } from "../../../functions/_shared/credits/charge.ts";
import { ByokError } from "../../../functions/_shared/errors.ts";

const charged_microcredits = 1_000;
const rates = {
  input_microcredits: 3_000,
  cached_input_microcredits: 1_000,
  cache_write_microcredits: 4_000,
  output_microcredits: 5_000,
};
const usage = { input_tokens: 100, cached_input_tokens: 40, cache_write_tokens: 10, output_tokens: 20 };

interface Case {
  readonly ending: EndedAnswer["ending"];
  readonly content?: boolean;
  readonly lost?: boolean;
  readonly usage?: EndedAnswer["usage"];
  readonly metered?: boolean;
  readonly left?: boolean;
}

function refund({ ending, content = true, lost = false, usage: counted = null, metered = false, left = false }: Case) {
  const given = refundOf({
    report: { ending, contentDelivered: content, contentLost: lost, usage: counted },
    isClientGone: left,
    charged_microcredits,
    rates: metered ? rates : null,
  });
  return given && `${given.microcredits} ${given.reason}`;
}

describe("refundOf()", () => {
  test.each<[string, Case, string | null]>([
    ["nothing of a whole answer at a flat price", { ending: "complete", usage }, null],
    [
      "nothing of an answer without content that the provider counted",
      { ending: "complete", content: false, usage },
      null,
    ],
    [
      "all of an answer without content or counts, at the platform's expense",
      { ending: "complete", content: false },
      "1000 broken_off",
    ],
    // 50 * 3 + 40 * 1 + 10 * 4 + 20 * 5 = 330 microcredits.
    ["the unused part of a metered call", { ending: "complete", metered: true, usage }, "670 unused"],
    ["nothing of a metered call without counts", { ending: "complete", metered: true }, null],
    [
      "all when the provider reports an error before any content",
      { ending: "error_event", content: false },
      "1000 nothing_delivered",
    ],
    [
      "all when the provider breaks off before any content",
      { ending: "broken_off", content: false },
      "1000 nothing_delivered",
    ],
    [
      "all, at the platform's expense, when the provider reports an error later",
      { ending: "error_event" },
      "1000 broken_off",
    ],
    [
      "the same when the error holds what the model had generated",
      { ending: "error_event", content: false, lost: true },
      "1000 broken_off",
    ],
    [
      "the same when the provider counted some output before its error",
      { ending: "error_event", content: false, usage },
      "1000 broken_off",
    ],
    ["all, at the platform's expense, when the provider breaks off later", { ending: "broken_off" }, "1000 broken_off"],
    ["all, at the platform's expense, when the provider falls silent", { ending: "stalled" }, "1000 broken_off"],
    [
      "the same before any content: the provider went on with it",
      { ending: "stalled", content: false },
      "1000 broken_off",
    ],
    ["nothing to a client that left after some content", { ending: "client_gone" }, null],
    ["nothing to one that stopped reading", { ending: "client_stalled" }, null],
    ["nothing when the break comes from a client that has left", { ending: "broken_off", left: true }, null],
    [
      "all, at the platform's expense, to a client that left before any",
      { ending: "client_gone", content: false },
      "1000 broken_off",
    ],
    [
      "the same when the break comes from its leaving",
      { ending: "broken_off", content: false, left: true },
      "1000 broken_off",
    ],
    ["nothing to a client that left when all had been passed on", { ending: "complete", left: true }, null],
    ["nothing of what was never charged", { ending: "withheld", content: false }, null],
  ])("gives back %s", (_, given, expected) => expect(refund(given)).toBe(expected));

  test("rounds what a metered call costs up, and never pays out", () => {
    const one = { input_tokens: 0, cached_input_tokens: 0, cache_write_tokens: 0, output_tokens: 1 };
    const report = { ending: "complete", contentDelivered: true, contentLost: false, usage: one } as const;
    const free = { input_microcredits: 0, cached_input_microcredits: 0, cache_write_microcredits: 0 };
    const cheap = { ...free, output_microcredits: 1 };
    const given = refundOf({ report, isClientGone: false, charged_microcredits, rates: cheap });
    expect(given?.microcredits).toBe(999);
    const dear = { ...cheap, output_microcredits: 1_000_000_000 };
    expect(refundOf({ report, isClientGone: false, charged_microcredits, rates: dear })).toBeNull();
  });

  test("counts exactly beyond what a number can hold", () => {
    const huge = { ...usage, input_tokens: 26_214_400, cached_input_tokens: 0, output_tokens: 1_000_000 };
    const report = { ending: "complete", contentDelivered: true, contentLost: false, usage: huge } as const;
    const all = 999_999_999;
    const dear = { ...rates, input_microcredits: all, cache_write_microcredits: all, output_microcredits: all };
    // (26,214,400 + 1,000,000) * 999,999,999 / 1,000, rounded up.
    const cost = 27_214_399_972_786;
    const given = refundOf({ report, isClientGone: false, charged_microcredits: cost + 7, rates: dear });
    expect(given?.microcredits).toBe(7);
  });

  test("does not take a provider at its word that more was cached than there was", () => {
    const odd = { input_tokens: 10, cached_input_tokens: 50, cache_write_tokens: 50, output_tokens: 0 };
    const report = { ending: "complete", contentDelivered: true, contentLost: false, usage: odd } as const;
    expect(refundOf({ report, isClientGone: false, charged_microcredits, rates })?.microcredits).toBe(990);
  });
});

describe("mayHaveCost()", () => {
  test.each([
    ["a provider that did not answer in time", new ByokError("provider_timeout"), false, true],
    ["a client that left", new ByokError("provider_unreachable"), true, true],
    ["a provider that cannot be reached", new ByokError("provider_unreachable"), false, false],
    ["an answer that cannot be passed on", new ByokError("provider_misbehaved"), false, false],
    ["something else", new Error("s3cret"), false, false],
  ])("tells whether a call may have cost something: %s", (_, error, isClientGone, expected) =>
    expect(mayHaveCost(error, isClientGone)).toBe(expected),
  );
});
