/** Names of new migrations come after all others in both orders that the Supabase CLI uses. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { nextStamps, stampsOf } from "../../../cli/lib/install/stamps.ts";
import { noon } from "./project.ts";

test.each([
  ["no migration", [], "20261126120000"],
  ["older ones", ["20240101000000", "20251231235959"], "20261126120000"],
  ["one of this second", ["20261126120000"], "20261126120001"],
  ["one of the future, at the end of a year", ["20991231235959"], "21000101000000"],
  ["numbers", ["0000", "0001", "0017"], "20261126120000"],
  ["a day without a time", ["20270101"], "20270102000000"],
  ["the year that now begins with, which sorts after it before an underscore", ["2026"], "20270000000000"],
  ["milliseconds of the future", ["20991231235959999"], "21000101000000"],
  ["no time at all", ["55555555555555"], "55555555555556"],
])("after %s", (_, existing, first) => {
  expect(nextStamps(existing, noon, 1)).toEqual([first]);
});

test("several are a second apart", () => {
  expect(nextStamps(["20261126235959"], noon, 3)).toEqual(["20261127000000", "20261127000001", "20261127000002"]);
});

test.each(["9", "99999999999999", "99991231235959"])("refuses when nothing can come after %s", (stamp) => {
  expect(() => nextStamps([stamp], noon, 1)).toThrow("No migration can come after");
});

test("come after any stamps, as digits and with the underscore, and in their own order", () => {
  const stamp = fc.oneof(
    fc.stringMatching(/^[0-8]\d{0,16}$/),
    fc.date({ min: new Date("2000-01-01"), max: new Date("2998-01-01"), noInvalidDate: true }).map((date) => {
      return date.toISOString().replaceAll(/\D/g, "").slice(0, 14);
    }),
  );
  fc.assert(
    fc.property(fc.array(stamp, { maxLength: 8 }), fc.integer({ min: 1, max: 4 }), (existing, count) => {
      const all = [...existing];
      for (const next of nextStamps(existing, noon, count)) {
        expect(next).toMatch(/^\d{14}$/);
        expect(next >= "20261126120000").toBe(true);
        expect(all.filter((other) => next <= other || `${next}_` <= `${other}_`)).toEqual([]);
        all.push(next);
      }
    }),
  );
});

test("only digits before an underscore are a stamp", () => {
  expect(stampsOf(["0001_a.sql", "20240101000000_b.sql", "seed.sql", "3_c.txt", "x1_d.sql", "meta"])).toEqual([
    "0001",
    "20240101000000",
  ]);
});
