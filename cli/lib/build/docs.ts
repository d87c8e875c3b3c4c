/**
 * The documentation as the package has it: README.md, SECURITY.md, llms.txt and docs/, with the files that they tell an operator to run, to
 * copy or to read, and without what leads to files that only the repository has.
 */
import { cpSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { projectDir } from "../../../stack/config.ts";

/** @param outDir the package's folder */
export function buildDocs(outDir: string): void {
  const pages = ["README.md", "SECURITY.md", "llms.txt", ...globSync("docs/**/*.md", { cwd: projectDir })];
  const read = (file: string) => readFileSync(path.join(projectDir, file), "utf8");
  const forOperators = [...new Set(pages.flatMap((file) => operatorFiles(file, read(file))))];
  for (const file of forOperators) cpSync(path.join(projectDir, file), path.join(outDir, file));
  for (const file of pages) {
    const target = path.join(outDir, file);
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, withinPackage(file, read(file), [...pages, ...forOperators]));
  }
}

/**
 * SQL and examples that a page links to, and the parts of the catalogue that it names, whose rows say what is so, since when and where it
 * is written. By their paths in the repository, which they keep in the package.
 */
export function operatorFiles(page: string, markdown: string): string[] {
  const linked = Array.from(markdown.matchAll(/\]\(([^):]+\.(?:sql|toml))\)/g), ([, target]) =>
    path.posix.join(path.posix.dirname(page), target!),
  );
  return [...linked, ...catalogueNames(markdown).flatMap(filesAt)];
}

/** Files and folders, which end in a slash, of the catalogue that a text names. */
export function catalogueNames(markdown: string): string[] {
  return Array.from(markdown.matchAll(/\bcatalogue\/(?:[\w-]+\/)*(?:[\w-]+\.ts)?/g), ([name]) => name);
}

function filesAt(name: string): string[] {
  return globSync(name.endsWith("/") ? `${name}**/*.ts` : name, { cwd: projectDir }).sort();
}

/** A link to a file that is left out becomes its words, and pictures go. */
export function withinPackage(file: string, markdown: string, files: readonly string[]): string {
  return markdown
    .replace(/<picture>.*?<\/picture>\n*/gs, "")
    .replace(/!\[[^\]]*\]\([^)]*\)\n*/g, "")
    .replace(/\[([^\]]+)\]\(([^)\s]+)\)/g, (link, words: string, target: string) => {
      const [name = ""] = target.split("#");
      if (/^[a-z]+:/.test(target) || name === "") return link;
      const place = path.posix.join(path.posix.dirname(file), name);
      return files.some((one) => one === place || (place.endsWith("/") && one.startsWith(place))) ? link : words;
    });
}
