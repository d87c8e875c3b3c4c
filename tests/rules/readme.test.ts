/** The table of errors in README.md is the table in errors.ts. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ByokError, type ErrorCode, errors } from "../../functions/_shared/errors.ts";
import { root } from "../harness/sources.ts";

/** code -> the words about its status, from the rows "| `code` | status | when |" under the heading "## Errors". */
function errorTable(markdown: string): Record<string, string> {
  const [, section = ""] = markdown.split(/^## Errors$/m);
  const [table = ""] = section.split(/^## /m);
  const rows = table.matchAll(/^\|(?<codes>[^|]*`[^|]*)\|(?<status>[^|]*)\|(?<when>.*)\|$/gm);
  return Object.fromEntries(
    [...rows].flatMap(({ groups }) => {
      const codes = groups?.codes?.matchAll(/`([^`]+)`/g) ?? [];
      return [...codes].map(([, code]) => [code, groups?.status?.trim()]);
    }),
  );
}

function statusInWords(code: ErrorCode): string {
  const { status, callStatus } = new ByokError(code);
  return status === callStatus ? String(status) : `${callStatus} (call), ${status} (save, verify)`;
}

test("README.md lists every error with its status, and no other", () => {
  const expected = Object.keys(errors).map((code) => [code, statusInWords(code as ErrorCode)]);
  expect(errorTable(readFileSync(join(root, "README.md"), "utf8"))).toEqual(Object.fromEntries(expected));
});

describe("errorTable()", () => {
  const sample = [
    "## Prices",
    "| `not_an_error` | 1 | x |",
    "## Errors",
    "Some words about `errors`.",
    "",
    "| code | HTTP | when |",
    "| --- | --- | --- |",
    "| `first` | 400 | always |",
    "| `second`, `third` | 403 (call), 422 (save, verify) | `sometimes` \\| never |",
    "",
    "## After",
    "| `not_an_error_either` | 2 | x |",
  ].join("\n");

  test("reads the rows under its heading alone", () => {
    const both = "403 (call), 422 (save, verify)";
    expect(errorTable(sample)).toEqual({ first: "400", second: both, third: both });
  });

  test("is empty without the heading", () => {
    expect(errorTable("# Title\n| `first` | 400 | x |")).toEqual({});
  });
});
