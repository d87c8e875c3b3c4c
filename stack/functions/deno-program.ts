import { accessSync, chmodSync, constants } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

/**
 * The Deno that npm has installed: the binary itself, because the package's own launcher would be one more
 * process between us and it.
 *
 * @throws when there is none for this machine
 */
export function denoProgram(): string {
  const packages = createRequire(createRequire(import.meta.url).resolve("deno/package.json"));
  const machine = `@deno/${process.platform}-${process.arch}`;
  for (const name of [machine, `${machine}-glibc`]) {
    try {
      const program = path.join(path.dirname(packages.resolve(`${name}/package.json`)), "deno");
      makeExecutable(program);
      return program;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw error;
    }
  }
  throw new Error(`npm has installed no Deno for this machine (${machine}): run npm ci without --omit=optional`);
}

/** What Deno's install script does, for installations that run no install scripts. */
function makeExecutable(program: string): void {
  try {
    accessSync(program, constants.X_OK);
  } catch {
    chmodSync(program, 0o755);
  }
}
