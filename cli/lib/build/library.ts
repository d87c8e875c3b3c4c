/**
 * The part of the package that an app imports: `client/` and `components/` compiled file by file, with what they import, so that a bundler
 * drops what an app does not use and stack traces name the sources' own files.
 */
import { execFile } from "node:child_process";
import { globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { promisify } from "node:util";
import { catalogue } from "../../../catalogue/index.ts";
import { projectDir } from "../../../stack/config.ts";
import { entries } from "./entries.ts";

const compilerOptions = [
  ...[
    "--ignoreConfig",
    "--strict",
    "--exactOptionalPropertyTypes",
    "--declaration",
    "--rewriteRelativeImportExtensions",
    "--verbatimModuleSyntax",
  ],
  ...["--module", "nodenext", "--target", "es2022", "--lib", "es2024,dom,dom.iterable", "--jsx", "react-jsx"],
  ...["--skipLibCheck", "--types", "react"],
];

/**
 * Compiles the library.
 *
 * @param outDir gets `client/`, `components/`, `catalogue/` and `protocol/`, as JavaScript and declarations
 * @throws with the compiler's words
 */
export async function buildLibrary(outDir: string): Promise<void> {
  const tsc = path.join(path.dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");
  const sources = ["client/index.ts", "components/index.ts"];
  const args = [tsc, ...compilerOptions, "--rootDir", projectDir, "--outDir", outDir, ...sources];
  await promisify(execFile)(process.execPath, args, { cwd: projectDir }).catch((error: { stdout: string }) => {
    throw new Error(`The library cannot be compiled:\n${error.stdout}`);
  });
  writeFileSync(path.join(outDir, "catalogue/index.d.ts"), providerIds());
  for (const file of globSync("**/*.d.ts", { cwd: outDir })) pointToJavaScript(path.join(outDir, file));
  removeUnreached(outDir);
}

/** The ids alone. The compiler would declare each provider with all of its answers, four times the rest of the types. */
function providerIds(): string {
  return `export type ProviderId = ${Object.keys(catalogue)
    .map((id) => JSON.stringify(id))
    .join(" | ")};\n`;
}

const imported = /(?<=\b(?:from |import |import\())"(\.[^"]+)"/g;

/** The compiler leaves `.ts` in the imports of declarations, which only newer compilers find their way through. */
function pointToJavaScript(file: string): void {
  const text = readFileSync(file, "utf8");
  writeFileSync(
    file,
    text.replace(imported, (specifier) => specifier.replace(/\.tsx?"$/, '.js"')),
  );
}

/** Removes files that no entry leads to: sources of types, of which no JavaScript is left, and types of inner parts. */
function removeUnreached(outDir: string): void {
  const reached = new Set<string>();
  const pending = Object.values(entries).flatMap((entry) => [`${entry}.js`, `${entry}.d.ts`]);
  for (let file = pending.pop(); file !== undefined; file = pending.pop()) {
    if (reached.has(file)) continue;
    reached.add(file);
    const text = readFileSync(path.join(outDir, file), "utf8");
    for (const [, specifier] of text.matchAll(imported)) {
      const target = path.posix.join(path.posix.dirname(file), specifier!);
      pending.push(file.endsWith(".d.ts") ? target.replace(/\.js$/, ".d.ts") : target);
    }
  }
  for (const file of globSync("**/*.{js,d.ts}", { cwd: outDir })) {
    if (!reached.has(file)) rmSync(path.join(outDir, file));
  }
}
