/** The components where there is no browser: on a server that renders, and as files that are loaded. */
import { readdirSync, readFileSync, mkdtempSync, rmSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "vite";
import { test as base, expect } from "vitest";
import { projectDir } from "../../stack/config.ts";

const test = base.extend("folder", { scope: "file" }, ({}, { onCleanup }): string => {
  const folder = mkdtempSync(path.join(projectDir, "node_modules", ".byok-components-"));
  onCleanup(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
});

/** Builds the components as an app would, without React. */
async function buildComponents(folder: string): Promise<void> {
  await build({
    configFile: false,
    logLevel: "error",
    mode: "production",
    oxc: { jsx: { runtime: "automatic", development: false } },
    build: {
      ...{ outDir: folder, emptyOutDir: true, minify: true, cssCodeSplit: true, cssTarget: ["chrome123"] },
      lib: {
        entry: [path.join(projectDir, "components/index.ts"), path.join(projectDir, "components/byok.css")],
        formats: ["es", "cjs"],
      },
      // The lib's own file may export to those that load later, as an app's would.
      rollupOptions: { external: /^react/, preserveEntrySignatures: "allow-extension" },
    },
  });
}

test("they are less than 20 kB when they are compressed, styles included; a key's form, its dialogs and logos load later", async ({
  folder,
}) => {
  await buildComponents(folder);
  // Vite leaves the white space in a module for other builds to take out.
  const files = readdirSync(folder).filter((name) => !name.endsWith(".js"));
  const sizeOf = (name: string) => gzipSync(readFileSync(path.join(folder, name)), { level: 9 }).byteLength;
  const isFirst = (name: string) => ["index.cjs", "byok.css"].includes(name);
  const sum = (names: readonly string[]) => names.reduce((bytes, name) => bytes + sizeOf(name), 0);
  const later = files.filter((name) => !isFirst(name));
  expect(later.map((name) => name.replace(/-[\w-]{8}\.cjs$/, "")).sort()).toEqual([
    ...["key-form", "key-history", "logos", "remove-dialog"],
  ]);
  expect(sum(files.filter(isFirst))).toBeLessThan(20_000);
  expect(sum(later.filter((name) => !name.startsWith("logos")))).toBeLessThan(5_500);
});

test("a server renders them, as loading", async ({ folder }) => {
  await buildComponents(folder);
  const script = readdirSync(folder).find((name) => name.startsWith("index"))!;
  const { ApiKeys, Credits } = await import(pathToFileURL(path.join(folder, script)).href);
  const { createElement } = await import("react");
  const { renderToString } = await import("react-dom/server");
  const html = [ApiKeys, Credits].map((component) => renderToString(createElement(component, { byok: {} }))).join("");
  expect(html).toContain("Loading your API keys");
  expect(html).toContain("Loading your credits");
});

test("a framework with server components is told that they are the client's", () => {
  expect(readFileSync(path.join(projectDir, "components/index.ts"), "utf8")).toMatch(/^"use client";\n/);
});

test("each rule of their styles is about them alone", async ({ folder }) => {
  await buildComponents(folder);
  const css = readFileSync(path.join(folder, "byok.css"), "utf8").replace(
    /@keyframes byok-[\w-]+\{(?:[^{}]*\{[^}]*\})*\}/g,
    "",
  );
  const rules = Array.from(css.matchAll(/([^{}]+)\{/g), ([, selector]) => selector!).filter(
    (text) => !text.startsWith("@"),
  );
  expect(rules.length).toBeGreaterThan(100);
  // A comma within :is() separates no selectors.
  const selectors = rules.flatMap((text) =>
    text.replace(/\([^)]*\)/g, (inner) => inner.replaceAll(",", " ")).split(","),
  );
  expect(
    selectors.filter((selector) => !/^(?:\.(?:dark|light) )?(?:\.byok\b|:where\(\.byok\))/.test(selector)),
  ).toEqual([]);
});
