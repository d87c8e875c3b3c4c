/** The exports of the package. */
import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { projectDir } from "../../../stack/config.ts";

/** name -> module below the folder of the library, without its ending */
export const entries = { "./client": "client/index", "./react": "components/index", ...catalogueParts() };

/** The data of the catalogue that components read at run time, for those that an app owns. */
function catalogueParts(): Record<string, string> {
  const folder = path.join(projectDir, "components");
  const sources = globSync("**/*.{ts,tsx}", { cwd: folder }).map((file) =>
    readFileSync(path.join(folder, file), "utf8"),
  );
  const parts = sources.flatMap((source) =>
    Array.from(source.matchAll(/(?:from |import\()"(?:\.\.\/)+(catalogue\/[\w-]+)\.ts"/g), ([, part]) => part!),
  );
  return Object.fromEntries([...new Set(parts)].sort().map((part) => [`./${part}`, part]));
}
