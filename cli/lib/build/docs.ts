/** The documentation as the package has it: README.md, SECURITY.md, llms.txt and docs/, without what leads to files that only the repository has. */
import { globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { projectDir } from "../../../stack/config.ts";

/** @param outDir the package's folder */
export function buildDocs(outDir: string): void {
  const files = ["README.md", "SECURITY.md", "llms.txt", ...globSync("docs/**/*.md", { cwd: projectDir })];
  for (const file of files) {
    const target = path.join(outDir, file);
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, withinPackage(file, readFileSync(path.join(projectDir, file), "utf8"), files));
  }
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
