import { accessSync, chmodSync, constants } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

/** Which Deno: "newest" is the package `deno`, "hosted" the release that Supabase's Edge Runtime is made of. */
export type DenoRelease = "newest" | "hosted";

/** The release that Edge Runtime 1.74 is made of: https://github.com/supabase/edge-runtime, Cargo.toml, November 2026. */
export const hostedRelease = "2.1.4";

/**
 * The Deno that npm has installed: the binary itself, because the package's own launcher would be one more
 * process between us and it.
 *
 * @throws when there is none for this machine
 */
export function denoProgram(release: DenoRelease = "newest"): string {
  const program = findDeno(release);
  if (program) return program;
  const machine = `${process.platform}-${process.arch}`;
  throw new Error(`npm has installed no Deno for this machine (${machine}): run npm ci without --omit=optional`);
}

/** Whether this machine has that release. npm has the hosted one for Linux x64 with glibc only. */
export function hasDeno(release: DenoRelease): boolean {
  return findDeno(release) !== undefined;
}

function findDeno(release: DenoRelease): string | undefined {
  const here = createRequire(import.meta.url);
  const machine = `@deno/${process.platform}-${process.arch}`;
  const [from, names] =
    release === "hosted"
      ? [here, ["deno-2.1"]]
      : [createRequire(here.resolve("deno/package.json")), [machine, `${machine}-glibc`]];
  for (const name of names) {
    try {
      const program = path.join(path.dirname(from.resolve(`${name}/package.json`)), "deno");
      makeExecutable(program);
      return program;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw error;
    }
  }
  return undefined;
}

/** Does the work of Deno's install script, for installations that run no install scripts. */
function makeExecutable(program: string): void {
  try {
    accessSync(program, constants.X_OK);
  } catch {
    chmodSync(program, 0o755);
  }
}
