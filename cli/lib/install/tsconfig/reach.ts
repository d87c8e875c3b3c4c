/** Which files a compiler reads because of a tsconfig. */
import path from "node:path";
import { readTsconfig } from "./exclude.ts";

export class TsconfigReach {
  readonly #read: (file: string) => string | null;

  constructor(read: (file: string) => string | null) {
    this.#read = read;
  }

  /** Whether the compiler reads a file because of this tsconfig. Both are absolute paths. */
  reaches(tsconfig: string, file: string): boolean {
    const { files, include, exclude } = this.#resolved(tsconfig);
    const patterns = include ?? (files ? [] : [absolute(tsconfig, "**/*")]);
    return (
      ((files ?? []).includes(posix(file)) || patterns.some((pattern) => matches(pattern, posix(file)))) &&
      !(exclude ?? []).some((pattern) => matches(pattern, posix(file)) || matches(`${pattern}/**/*`, posix(file)))
    );
  }

  /** The exclusions that an own list has to repeat. */
  inheritedExclusions(tsconfig: string): string[] {
    const { exclude, outputs } = this.#resolved(tsconfig);
    return (exclude ?? ["node_modules", ...outputs].map((pattern) => absolute(tsconfig, pattern))).map(
      (pattern) => path.posix.relative(posix(path.dirname(tsconfig)), pattern) || ".",
    );
  }

  /** Lists with absolute patterns, its own or those of what it extends. A package that it extends is taken to have none. */
  #resolved(tsconfig: string, seen: readonly string[] = []): Resolved {
    const text = seen.includes(tsconfig) ? null : this.#read(tsconfig);
    if (text === null) return { outputs: [] };
    const own = readTsconfig(tsconfig, text);
    const bases = [own.extends ?? []].flat().filter((base) => base.startsWith("."));
    const resolved: Resolved = { outputs: [] };
    for (const base of bases) {
      const file = path.resolve(path.dirname(tsconfig), base.endsWith(".json") ? base : `${base}.json`);
      Object.assign(resolved, this.#resolved(file, [...seen, tsconfig]));
    }
    for (const key of ["files", "include", "exclude"] as const) {
      const list = own[key];
      if (list) resolved[key] = list.map((pattern) => absolute(tsconfig, pattern));
    }
    const { outDir, declarationDir } = own.compilerOptions ?? {};
    const outputs = [outDir, declarationDir].filter((folder) => folder !== undefined);
    return outputs.length > 0 ? { ...resolved, outputs } : resolved;
  }
}

interface Resolved {
  files?: string[];
  include?: string[];
  exclude?: string[];
  outputs: readonly string[];
}

function posix(file: string): string {
  return file.replaceAll("\\", "/");
}

function absolute(tsconfig: string, pattern: string): string {
  const folder = posix(path.dirname(tsconfig));
  const inFolder = pattern.replace("${configDir}", folder);
  return path.posix.isAbsolute(inFolder) ? inFolder : path.posix.join(folder, inFolder);
}

/** TypeScript's patterns: `**` for folders, `*` and `?` within a name; a name alone stands for all below it. */
function matches(pattern: string, file: string): boolean {
  const trimmed = pattern.replace(/\/$/, "");
  const isFolder = !/[.*?][^/]*$/.test(path.posix.basename(trimmed));
  const source = (isFolder ? `${trimmed}/**/*` : trimmed)
    .replaceAll(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("**/", "\0")
    .replaceAll("*", "[^/]*")
    .replaceAll("?", "[^/]")
    .replaceAll("\0", "(?:.*/)?");
  return new RegExp(`^${source}$`).test(file);
}
