import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import type * as SQLite from "node:sqlite";

/** Thrown when another process (or this one) runs a stack on the same state folder. */
export class AlreadyRunningError extends Error {
  override name = "AlreadyRunningError";
  /** the address of the other stack; undefined while it is still starting */
  url: string | undefined;

  constructor(stateDir: string, url: string | undefined) {
    super(`a stack is already running on ${stateDir}${url ? `, at ${url}` : " (it is still starting)"}`);
    this.url = url;
  }
}

/** Where a running stack is. */
export interface Addresses {
  readonly url: string;
  /** As role postgres. */
  readonly dbUrl: string;
}

export interface Lock {
  /** Tells a second start, and the commands, where this stack is. */
  announce(addresses: Addresses): void;
  release(): void;
}

/**
 * Claims a state folder for this process. The claim is SQLite's lock on an empty database: the kernel drops
 * it when the process ends, however that happens, so nothing stale can be left behind as with a file that
 * holds a process id.
 *
 * @throws AlreadyRunningError
 */
export function lockState(stateDir: string): Lock {
  const database = openDatabase(path.join(stateDir, "lock"));
  try {
    // In ms: longer than runningStackOn() looks.
    database.exec("pragma busy_timeout = 200");
    database.exec("begin exclusive");
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode !== busy) throw error;
    throw new AlreadyRunningError(stateDir, readAddresses(stateDir)?.url);
  }
  const file = addressFile(stateDir);
  rmSync(file, { force: true });
  return {
    announce: (addresses) => writeFileSync(file, JSON.stringify(addresses)),
    release() {
      rmSync(file, { force: true });
      database.close();
    },
  };
}

/** Node has SQLite from 22.13 on: only who works with a local stack needs it. */
function openDatabase(file: string, options: { readOnly?: boolean } = {}): SQLite.DatabaseSync {
  const sqlite = process.getBuiltinModule("node:sqlite") as typeof SQLite | undefined;
  if (!sqlite) throw new Error(`A local stack needs Node 22.13 or newer; this is ${process.version}.`);
  return new sqlite.DatabaseSync(file, options);
}

/** SQLITE_BUSY: https://www.sqlite.org/rescode.html#busy */
const busy = 5;

/** The stack that runs on a state folder; undefined if none does, or if it is still starting. */
export function runningStackOn(stateDir: string): Addresses | undefined {
  return isLocked(path.join(stateDir, "lock")) ? readAddresses(stateDir) : undefined;
}

function isLocked(file: string): boolean {
  if (!existsSync(file)) return false;
  const database = openDatabase(file, { readOnly: true });
  try {
    database.exec("select * from sqlite_schema");
    return false;
  } catch (error) {
    if ((error as { errcode?: number }).errcode !== busy) throw error;
    return true;
  } finally {
    database.close();
  }
}

const addressFile = (stateDir: string) => path.join(stateDir, "running.json");

function readAddresses(stateDir: string): Addresses | undefined {
  try {
    return JSON.parse(readFileSync(addressFile(stateDir), "utf8")) as Addresses;
  } catch {
    return undefined;
  }
}
