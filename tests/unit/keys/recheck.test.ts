import { expect, test } from "vitest";
import { afterListing } from "../../../functions/_shared/keys/recheck.ts";

const verified = { status: "verified", reason: null };

test.each([
  ["a key that the provider refuses", verified, "rejected", { status: "rejected", reason: null }],
  ["a key that works again", { status: "rejected", reason: null }, "verified", verified],
  ["a key that was never found out about", { status: "unverified", reason: null }, "verified", verified],
  ["a check that found out nothing", verified, "unverified", null],
  ["a limit of the moment", verified, "rate_limited", null],
  ["an account without credit, which may list", { status: "no_credit", reason: null }, "verified", null],
  ["a restricted key, which may list", { status: "restricted", reason: "missing_scope" }, "verified", null],
  [
    "a restricted key that is revoked",
    { status: "restricted", reason: null },
    "rejected",
    { status: "rejected", reason: null },
  ],
] as const)("afterListing() of %s", (_, known, verdict, expected) => {
  expect(afterListing(known, { verdict, reason: null })).toEqual(expected);
});
