/** The catalogue stands below everything: rows of data that import nothing but their types. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root, scan } from "../harness/sources.ts";

const sources = globSync("catalogue/**/*.ts", { cwd: root }).map((path) =>
  scan(path, readFileSync(join(root, path), "utf8")),
);

test("the files of catalogue/ are found", () => {
  expect(sources.map(({ path }) => path)).toContain("catalogue/openai.ts");
});

test("import nothing from elsewhere", () => {
  const foreign = sources.flatMap(({ path, imports }) =>
    imports
      .filter((specifier) => !/^\.{1,2}\/(?:[\w-]+\/)?[\w-]+\.ts$/.test(specifier))
      .map((specifier) => `${path}: ${specifier}`),
  );
  expect(foreign).toEqual([]);
});

test("but for the index, what follows from it, and the offers that share shapes, import only types", () => {
  const mayImport = (path: string) => /(?:index|called)\.ts$/.test(path) || path.startsWith("catalogue/offers/");
  const importing = sources.filter(({ path, valueImports }) => !mayImport(path) && valueImports.length > 0);
  expect(importing.map(({ path }) => path)).toEqual([]);
});
