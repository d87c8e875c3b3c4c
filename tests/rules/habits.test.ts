/** Habits that the linter and the formatter do not hold. */
import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { root } from "../harness/sources.ts";

/** Every file of code in the repository. */
const code = globSync("{*,*/**/*}.{ts,tsx,sql}", {
  cwd: root,
  exclude: (name) => ["node_modules", "dist"].includes(path.basename(name)) || name.startsWith("."),
});

test("the files are found", () => {
  expect(code).toEqual(expect.arrayContaining(["vitest.config.ts", "cli/main.ts", "sql/40_accounts.sql"]));
});

test("no rule of the linter, the compiler or the formatter is switched off in the code", () => {
  const directive = new RegExp(`(?:ox|es)lint-${"disable"}|@ts-(?:${"ignore"}|${"nocheck"})|prettier-${"ignore"}`);
  expect(code.filter((file) => directive.test(readFileSync(path.join(root, file), "utf8")))).toEqual([]);
});

test("no folder holds more than twenty files of code", () => {
  const counts = new Map<string, number>();
  for (const file of code) counts.set(path.dirname(file), (counts.get(path.dirname(file)) ?? 0) + 1);
  expect([...counts].filter(([, count]) => count > 20)).toEqual([]);
});

/** Names that Node, pg and Google have given. */
const foreign = [
  "randomBytes",
  "connectionTimeoutMillis",
  "idleTimeoutMillis",
  "getSeconds",
  "setSeconds",
  "sizeBytes",
];

test("a name says its unit last, as _ms or _bytes", () => {
  const camelUnit = /\b[a-z][A-Za-z0-9]*(?:Ms|Millis|Seconds|Bytes|Kb|Mb|Microcredits)\b/g;
  const found = code.flatMap((file) =>
    Array.from(readFileSync(path.join(root, file), "utf8").matchAll(camelUnit), ([name]) => `${file}: ${name}`),
  );
  expect(found.filter((name) => !foreign.some((allowed) => name.endsWith(`: ${allowed}`)))).toEqual([]);
});

test("tests are declared with test(), none with it()", () => {
  const declaring = code.filter((file) =>
    /\bimport \{[^}]*\bit\b[^}]*\} from "vitest"/.test(readFileSync(path.join(root, file), "utf8")),
  );
  expect(declaring).toEqual([]);
});

test("a comment names the thing first: none begins with a clause", () => {
  const clause = /(?:\/\*\*|^\s*\*|\/\/|--) (?:What|Whatever|Whoever) /m;
  expect(code.filter((file) => clause.test(readFileSync(path.join(root, file), "utf8")))).toEqual([]);
});
