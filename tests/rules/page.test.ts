/** Code an app takes over, and things it may not do: `client/` and `components/` stand on little, and keep and print nothing. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root, scan, type Source } from "../harness/sources.ts";

const sources = globSync("{client,components,page}/**/*.{ts,tsx}", { cwd: root })
  .filter((path) => !path.endsWith(".config.ts"))
  .map((path) => scan(path, readFileSync(join(root, path), "utf8")));

/** `file: module`, for what a folder needs when it runs and is not allowed to. */
function offenders(folder: string, isAllowed: (specifier: string) => boolean): string[] {
  return sources
    .filter(({ path }) => path.startsWith(folder))
    .flatMap(({ path, valueImports }) => valueImports.map((specifier) => [path, specifier] as const))
    .filter(([, specifier]) => !isAllowed(specifier))
    .map(([path, specifier]) => `${path}: ${specifier}`);
}

test("the sources of the page are found, with what they import", () => {
  const find = (file: string) => sources.find(({ path }) => path === file);
  expect(find("client/types.ts")?.imports).toContain("../protocol/errors.ts");
  expect(find("client/types.ts")?.valueImports).toEqual([]);
  expect(find("components/index.ts")?.valueImports).toContain("./api-keys.tsx");
  expect(find("page/main.tsx")?.valueImports).toContain("./page.css");
});

test("nothing of the functions comes into a browser, nor do their types", () => {
  const reaching = sources.flatMap(({ path, imports }) => imports.map((specifier) => `${path}: ${specifier}`));
  expect(reaching.filter((line) => line.includes("/functions/"))).toEqual([]);
});

test("client/ stands on supabase-js, the catalogue and the sealing of keys alone", () => {
  const allowed =
    /^(\.\/[\w-]+\.ts|\.\.\/catalogue\/[\w-]+\.ts|\.\.\/protocol\/sealed-key\.ts|@supabase\/supabase-js)$/;
  expect(offenders("client/", (specifier) => allowed.test(specifier))).toEqual([]);
});

test("components/ stands on React and the catalogue alone, and is handed the client", () => {
  const allowed = /^(\.{1,2}\/([\w-]+\/)?[\w-]+\.tsx?|(\.\.\/)+catalogue\/[\w-]+\.ts|react)$/;
  expect(offenders("components/", (specifier) => allowed.test(specifier))).toEqual([]);
});

test("nothing is printed or kept, and no HTML is made of text", () => {
  const keeping = ["console", "localStorage", "sessionStorage", "indexedDB", "cookie", "caches"];
  const making = ["innerHTML", "outerHTML", "insertAdjacentHTML", "dangerouslySetInnerHTML"];
  const found = ({ path, names }: Source) =>
    [...keeping, ...making].filter((name) => names.has(name)).map((name) => `${path}: ${name}`);
  // The secret of a connection under way, which is worth nothing without its code.
  expect(sources.flatMap(found)).toEqual(["components/keys/connecting.ts: sessionStorage"]);
});
