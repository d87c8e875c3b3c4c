/** The look of the components as one file. */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { projectDir } from "../../../stack/config.ts";

const source = path.join(projectDir, "components/byok.css");

/** `components/byok.css` with the files that it imports in their places. */
export function wholeStylesheet(): string {
  return readFileSync(source, "utf8").replace(/^@import "(.+)";$/gm, (_, file: string) =>
    readFileSync(path.join(path.dirname(source), file), "utf8")
      .trim()
      .concat("\n"),
  );
}

export function buildStyles(file: string): void {
  writeFileSync(file, wholeStylesheet());
}
