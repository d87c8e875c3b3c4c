import { readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";

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

export interface Lock {
  /** Tells a second start where this stack is. */
  announce(url: string): void;
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
  const addressFile = path.join(stateDir, "running.json");
  const database = new DatabaseSync(path.join(stateDir, "lock"));
  try {
    database.exec("begin exclusive");
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode !== busy) throw error;
    throw new AlreadyRunningError(stateDir, readAddress(addressFile));
  }
  rmSync(addressFile, { force: true });
  return {
    announce: (url) => writeFileSync(addressFile, JSON.stringify({ url })),
    release() {
      rmSync(addressFile, { force: true });
      database.close();
    },
  };
}

/** SQLITE_BUSY: https://www.sqlite.org/rescode.html#busy */
const busy = 5;

function readAddress(file: string): string | undefined {
  try {
    return (JSON.parse(readFileSync(file, "utf8")) as { url: string }).url;
  } catch {
    return undefined;
  }
}
