/** Files as they would be after a command, in memory: what is read comes from the disk until it is changed here. */
import { existsSync, readFileSync, realpathSync } from "node:fs";
import path from "node:path";
import { CommandError } from "../command.ts";

/** A file that would be made, changed or deleted. */
export interface Change {
  /** Absolute. */
  readonly path: string;
  /** Null where there is no file. */
  readonly before: string | null;
  readonly after: string | null;
}

export class Draft {
  readonly #before = new Map<string, string | null>();
  readonly #after = new Map<string, string | null>();

  /** The text of a file, or null where there is none. */
  read(file: string): string | null {
    const known = this.#after.get(file);
    if (known !== undefined) return known;
    if (!this.#before.has(file)) this.#before.set(file, readText(file));
    return this.#before.get(file)!;
  }

  write(file: string, text: string): void {
    this.read(file);
    this.#after.set(file, text);
  }

  remove(file: string): void {
    this.read(file);
    this.#after.set(file, null);
  }

  /** The files that differ from the disk's, in the order in which they were first written. */
  changes(): Change[] {
    return [...this.#after]
      .map(([file, after]) => ({ path: file, before: this.#before.get(file)!, after }))
      .filter(({ before, after }) => before !== after);
  }

  /** The folders that the new files need, outermost first. */
  newFolders(): string[] {
    const missing = new Set<string>();
    for (const { path: file, before, after } of this.changes()) {
      if (before !== null || after === null) continue;
      const above: string[] = [];
      for (let folder = path.dirname(file); !existsSync(folder); folder = path.dirname(folder)) above.unshift(folder);
      for (const folder of above) missing.add(folder);
    }
    return [...missing].sort();
  }
}

/**
 * The text of a file, or null where there is none. A byte order mark is part of it.
 *
 * @throws CommandError if it is not UTF-8, since it could not be written back as it was
 */
export function readText(file: string): string | null {
  if (!existsSync(file)) return null;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(readFileSync(realpathSync(file)));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new CommandError(`${file} is not UTF-8.`, { nextStep: "Save it as UTF-8, and run the command again." });
  }
}
