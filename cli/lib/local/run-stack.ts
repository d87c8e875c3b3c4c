/** Runs a stack as long as its command runs. */
import { realpathSync } from "node:fs";
import { readConfig } from "../../../stack/config.ts";
import { AlreadyRunningError } from "../../../stack/lock.ts";
import { type Stack, type StackOptions, startStack } from "../../../stack/stack.ts";
import { CommandError } from "../command.ts";
import { readNumber } from "../options.ts";
import { onParentExit } from "./parent-watch.ts";

interface Given {
  readonly reset: boolean;
  readonly "data-api": boolean;
  readonly "api-port": string | undefined;
  readonly "db-port": string | undefined;
}

/**
 * Starts a stack, prints what there is to know about it, and stops it at Ctrl-C.
 *
 * @param given what was typed
 * @param options more for the stack; its ports are those of config.toml where none is given
 * @param describe the text to print once the stack runs
 * @throws CommandError if another stack runs on the same folder
 */
export async function runStack(
  given: Given,
  options: StackOptions & { readonly supabaseDir: string },
  describe: (stack: Stack) => Promise<string>,
): Promise<void> {
  const { api, db } = readConfig(options.supabaseDir);
  const apiPort = readPort("--api-port", given["api-port"], api.port);
  const dbPort = readPort("--db-port", given["db-port"], db.port);
  const { stateDir } = options;
  let stack: Stack | undefined;
  let leaving = false;
  const leave = async (code: number) => {
    if (leaving) return;
    leaving = true;
    await stack?.stop();
    // During the start nothing stops the servers in order; they end when this process ends.
    process.exit(code);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void leave(0));
  onParentExit(() => void leave(0));

  const database = given["data-api"] ? "data-api" : "direct";
  stack = await startStack({ ...options, apiPort, dbPort, otherPorts: true, reset: given.reset, database }).catch(
    explain,
  );
  void stack.failed.then((reason) => {
    console.error(reason);
    return leave(1);
  });
  console.log(await describe(stack));
  const elsewhere = [portNotice("API", stack.url, apiPort), portNotice("database", stack.dbUrl, dbPort)].filter(
    Boolean,
  );
  if (elsewhere.length > 0) console.log(`\n${elsewhere.join("\n")}`);
  if (!stack.dataDir.startsWith(realpathSync(stateDir))) {
    console.log(`\nThe database is in ${stack.dataDir}: Postgres does not run as root, and others cannot enter here.`);
  }
  console.log(`\nReady after ${Math.round(performance.now())} ms. Ctrl-C stops it; the data stays in ${stateDir}.`);
}

function readPort(option: string, text: string | undefined, configured: number): number {
  return text === undefined ? configured : readNumber(option, text, 0, 65_535);
}

function explain(error: unknown): never {
  if (!(error instanceof AlreadyRunningError)) throw error;
  throw new CommandError(error.message, { nextStep: "Stop that one first, or use it." });
}

function portNotice(what: string, url: string, wanted: number): string {
  const { port } = new URL(url);
  return wanted === 0 || Number(port) === wanted
    ? ""
    : `Port ${wanted} is taken, so the ${what} is on ${port} this time.`;
}
