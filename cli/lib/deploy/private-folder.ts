/** The folder of a project's key ring and of what else is secret: outside git, for its owner alone. */
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { CommandError } from "../command.ts";

/** The usual one of a hosted project. */
export function usualFolder(ref: string): string {
  const { XDG_CONFIG_HOME, APPDATA } = process.env;
  const configs = process.platform === "win32" ? APPDATA : XDG_CONFIG_HOME;
  return path.join(configs || path.join(homedir(), ".config"), "supabase-byok", ref);
}

/**
 * Makes the folder, unless it is there.
 *
 * @throws CommandError if its files would be committed to git
 */
export function openFolder(folder: string): void {
  if (isCommitted(folder)) {
    throw new CommandError(`${folder} is in a git repository that does not ignore it.`, {
      nextStep: "Name a folder outside it with --secrets <folder>, or add this one to .gitignore.",
    });
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 });
}

function isCommitted(folder: string): boolean {
  let there = folder;
  while (!existsSync(there)) there = path.dirname(there);
  const asks = (...args: string[]) => {
    try {
      execFileSync("git", args, { cwd: there, stdio: "ignore" });
      return true;
    } catch {
      // No repository, or no git.
      return false;
    }
  };
  return asks("rev-parse", "--show-toplevel") && !asks("check-ignore", "--quiet", path.join(folder, "keyring.json"));
}

/** The text of a file there; undefined without it. Takes the right to read it from others. */
export function readPrivate(file: string): string | undefined {
  if (!existsSync(file)) return undefined;
  chmodSync(file, 0o600);
  return readFileSync(file, "utf8");
}

/** Whole or not at all, also if this is killed. */
export function writePrivate(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
