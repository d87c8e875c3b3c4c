import { realpathSync } from "node:fs";
import path from "node:path";
import { defaultSupabaseDir, projectDir, readConfig } from "../../stack/config.ts";
import { AlreadyRunningError } from "../../stack/lock.ts";
import { fakeKey, providerIds } from "../../stack/providers/index.ts";
import { type Stack, startStack } from "../../stack/stack.ts";
import { CommandError, type Input } from "./command.ts";
import { createDemoUser, demoCredits, demoEmail } from "./demo/demo-user.ts";
import { readNumber } from "./options.ts";
import { onParentExit } from "./parent-watch.ts";

/** Options of the commands that run the project. */
export const localOptions = {
  reset: { type: "boolean", summary: "deletes all data first, and invents new keys" },
  "data-api": {
    type: "boolean",
    summary: "the functions reach the database by the Data API, not by a connection of their own",
  },
  state: {
    type: "string",
    default: path.join(projectDir, ".stack"),
    value: "<folder>",
    summary: "keeps data and keys there instead of in .stack",
  },
  "api-port": {
    type: "string",
    value: "<port>",
    summary: "instead of 54321; 0 is any free port",
  },
  "db-port": { type: "string", value: "<port>", summary: "instead of 54322; likewise" },
} as const;

/**
 * Runs the whole project on this machine, until Ctrl-C.
 *
 * @param watch whether the functions and the page follow changes of their sources
 * @throws CommandError if another stack runs on the same folder
 */
export async function runLocalProject(
  given: Input<typeof localOptions>["options"],
  { watch }: { watch: boolean },
): Promise<void> {
  const { api, db } = readConfig(defaultSupabaseDir);
  const apiPort = readPort("--api-port", given["api-port"], api.port);
  const dbPort = readPort("--db-port", given["db-port"], db.port);
  const database = given["data-api"] ? "data-api" : "direct";
  const stateDir = path.resolve(given.state);
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

  const { reset } = given;
  stack = await startStack({
    ...{ stateDir, apiPort, dbPort, otherPorts: true, reset, database, watch },
    ...{ page: true, demoEmail },
  }).catch(explain);
  void stack.failed.then((reason) => {
    console.error(reason);
    return leave(1);
  });
  const demoUserId = await createDemoUser(stack);
  console.log(describe(stack, demoUserId));
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

function describe(stack: Stack, demoUserId: string): string {
  const { url, dbUrl, publishableKey, secretKey, demoPassword } = stack;
  return `
BYOK for Supabase, on this machine only

  page             ${url}
  API              ${url}
  functions        ${url}/functions/v1/byok
  database         ${dbUrl}
  publishable key  ${publishableKey}
  secret key       ${secretKey}

  demo user        ${demoEmail}, password ${demoPassword}, ${demoCredits} credits at first; sign in to the page as this user
  demo API keys    accepted by the fakes of the providers, to save as the user's own:
${providerIds.map((id) => `    ${id.padEnd(15)}${fakeKey(id, "works", "demo")}`).join("\n")}

A call on the demo user's credits, as a backend job makes it:

${curl(url, secretKey, demoUserId)}`;
}

function curl(url: string, secretKey: string, userId: string): string {
  const body = { model: "gpt-4.1-mini", messages: [{ role: "user", content: "Hello" }] };
  const headers = [
    `apikey: ${secretKey}`,
    `x-byok-user: ${userId}`,
    "x-byok-operation: single_doc_regen",
    "content-type: application/json",
  ];
  return [
    `curl -i ${url}/functions/v1/byok/call/openai/v1/chat/completions`,
    ...headers.map((header) => `  -H '${header}'`),
    `  -d '${JSON.stringify(body)}'`,
  ].join(" \\\n");
}

function portNotice(what: string, url: string, wanted: number): string {
  const { port } = new URL(url);
  return wanted === 0 || Number(port) === wanted
    ? ""
    : `Port ${wanted} is taken, so the ${what} is on ${port} this time.`;
}
