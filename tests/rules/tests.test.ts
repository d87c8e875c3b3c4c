/** The tests' own folders: what two of them share is in tests/harness. */
import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { root, scan, targetOf } from "../harness/sources.ts";

const sources = globSync("{bench,catalogue,cli,client,components,functions,page,stack,tests}/**/*.{ts,tsx}", {
  cwd: root,
  exclude: (name) => path.basename(name) === "node_modules",
}).map((file) => scan(file, readFileSync(path.join(root, file), "utf8")));

/** `tests/e2e/` for a file in there; undefined for a file elsewhere. */
function folderOf(file: string): string | undefined {
  return /^tests\/[^/]+\//.exec(file)?.[0];
}

/** Folders of tests, or of none, and what they may import of tests beside their own files and tests/harness. */
const furtherImports: Readonly<Record<string, readonly string[]>> = { "tests/rules/": ["tests/mutants/"] };

test("a folder of tests imports from itself, from tests/harness and from the product", () => {
  const offenders = sources.flatMap((source) => {
    const own = folderOf(source.path);
    const allowed = [own, "tests/harness/", ...(furtherImports[own ?? ""] ?? [])];
    const files = source.imports.filter((specifier) => specifier.startsWith("."));
    const targets = files.map((specifier) => targetOf(source, specifier));
    const reached = targets.filter((target) => folderOf(target) && !allowed.includes(folderOf(target)));
    return reached.map((target) => `${source.path}: ${target}`);
  });
  expect(sources.filter(({ path }) => folderOf(path) === "tests/crash/")).not.toEqual([]);
  expect(offenders).toEqual([]);
});

test("the product imports no test", () => {
  const product = sources.filter(({ path }) => !/^(?:bench|tests)\//.test(path));
  const isTest = (source: (typeof sources)[number]) =>
    source.imports.some((specifier) => specifier.startsWith(".") && targetOf(source, specifier).startsWith("tests/"));
  expect(product.filter(isTest)).toEqual([]);
});
