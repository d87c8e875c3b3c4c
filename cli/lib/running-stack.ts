/** The local stack, for commands that work on it. */
import path from "node:path";
import { runningStackOn } from "../../stack/lock.ts";
import { readSecretKey } from "../../stack/secrets.ts";
import { type CommandError, misused } from "./command.ts";
import { typed } from "./typed.ts";

export interface RunningStack {
  readonly url: string;
  /** As role postgres. */
  readonly dbUrl: string;
  readonly secretKey: string;
}

/**
 * The stack that runs on a state folder.
 *
 * @param otherwise what to name instead of a local stack, as `a project`
 * @throws CommandError if none runs there
 */
export function runningStack(stateDir: string, otherwise: string): RunningStack {
  const folder = path.resolve(stateDir);
  const addresses = runningStackOn(folder);
  if (!addresses) throw noStack(otherwise);
  return { ...addresses, secretKey: readSecretKey(folder) };
}

function noStack(otherwise: string): CommandError {
  return misused("No local stack is running.", `Start it with ${typed("start")}, or name ${otherwise}.`);
}
