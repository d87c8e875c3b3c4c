/** The list of guards keeps step with the sources, and with what SECURITY.md promises. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Guard, guards } from "../mutants/mutants.ts";
import { without } from "../mutants/remove.ts";
import { root } from "../harness/sources.ts";

test.each(guards)("the guard stands: $name", (guard) => {
  const source = readFileSync(join(root, guard.file), "utf8");
  expect(without(guard, source)).not.toBe(source);
  expect(existsSync(join(root, guard.test))).toBe(true);
});

test("no two guards have one name", () => {
  const names = guards.map(({ name }) => name);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

/** The rows of SECURITY.md's promises: `G1` and the tests that it names. */
const promises = readFileSync(join(root, "SECURITY.md"), "utf8")
  .split("\n")
  .flatMap((line) => {
    const [, name, tests] = /^\| (G\d+) \|.*\|([^|]*)\|$/.exec(line) ?? [];
    return name ? [{ name, tests: [...tests!.matchAll(/`(tests\/[^`]*)`/g)].map((match) => match[1]!) }] : [];
  });

test("the promises are numbered one after the other, and each names a test", () => {
  expect(promises.length).toBeGreaterThan(0);
  expect(promises.map(({ name }) => name)).toEqual(promises.map((_, index) => `G${index + 1}`));
  expect(promises.filter(({ tests }) => tests.length === 0)).toEqual([]);
});

test.each(promises.flatMap(({ name, tests }) => tests.map((file) => [name, file])))(
  "%s: %s is there, and turns red without some guard",
  (_, named = "") => {
    expect(existsSync(join(root, named))).toBe(true);
    const proved = guards.flatMap(({ file, test }) => [file, test]);
    expect(proved.some((file) => file === named || (named.endsWith("/") && file.startsWith(named)))).toBe(true);
  },
);

test.each(promises)("$name has a guard of its own, proved by a test that it names", ({ name, tests }) => {
  const own = guards.filter(({ promise }) => promise === name);
  expect(own).not.toEqual([]);
  const proves = ({ file, test }: Guard) =>
    tests.some((named) =>
      [file, test].some((path) => path === named || (named.endsWith("/") && path.startsWith(named))),
    );
  expect(own.filter((guard) => !proves(guard))).toEqual([]);
});

test("no guard names a promise that is not there", () => {
  const names = promises.map(({ name }) => name);
  expect(guards.filter(({ promise }) => promise && !names.includes(promise))).toEqual([]);
});
