/**
 * The documentation as the package has it: README.md, SECURITY.md, llms.txt and docs/, with the files that they tell an operator to run or
 * to copy, and without what leads to files that only the repository has.
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

/** SQL and examples that a page links to, by their paths in the repository, which they keep in the package. */
export function operatorFiles(page: string, markdown: string): string[] {
  return Array.from(markdown.matchAll(/\]\(([^):]+\.(?:sql|toml))\)/g), ([, target]) =>
    path.posix.join(path.posix.dirname(page), target!),
  );
}

/** A link to a file that is left out becomes its words, and pictures go. */
export function withinPackage(file: string, markdown: string, files: readonly string[]): string {
  return markdown
    .replace(/<picture>.*?<\/picture>\n*/gs, "")
    .replace(/!\[[^\]]*\]\([^)]*\)\n*/g, "")
    .replace(/\[([^\]]+)\]\(([^)\s]+)\)/g, (link, words: string, target: string) => {
      const [name = ""] = target.split("#");
      if (/^[a-z]+:/.test(target) || name === "") return link;
      return files.includes(path.posix.join(path.posix.dirname(file), name)) ? link : words;
    });
}
