/** The list of guards keeps step with the sources, and with what SECURITY.md promises. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { guards } from "../guards/guards.ts";
import { without } from "../guards/remove.ts";
import { root } from "./sources.ts";

test.each(guards)("the guard stands: $name", (guard) => {
  const source = readFileSync(join(root, guard.file), "utf8");
  expect(without(guard, source)).not.toBe(source);
  expect(existsSync(join(root, guard.test))).toBe(true);
});

test("no two guards have one name", () => {
  const names = guards.map(({ name }) => name);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});
