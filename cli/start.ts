import { realpathSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { defaultSupabaseDir, projectDir, readConfig } from "../stack/config.ts";
import { createDemoUser, demoCredits, demoEmail } from "./lib/demo-user.ts";
import { AlreadyRunningError } from "../stack/lock.ts";
import { whenNpmIsGone } from "./lib/npm-parent.ts";
import { fakeKey, providerIds } from "../stack/providers/index.ts";
import { type Stack, startStack } from "../stack/stack.ts";

const usage = `Usage: npm start [-- <options>]
  --reset            begin anew: deletes all data, invents new keys
  --data-api         the functions reach the database by the Data API, not by a connection of their own
  --state <folder>   keep data and keys there instead of in .stack
  --api-port <port>  instead of the one in supabase/config.toml; 0 is any free port
  --db-port <port>   likewise`;

/** The whole project on this machine, until Ctrl-C. */
async function main(): Promise<void> {
  const { reset, database, stateDir, apiPort, dbPort } = readArguments();
  let stack: Stack | undefined;
  let leaving = false;
  const leave = async (code: number) => {
    if (leaving) return;
    leaving = true;
    await stack?.stop();
    // While starting there is nobody to stop the servers in order; they end by themselves when this process has.
    process.exit(code);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void leave(0));
  whenNpmIsGone(() => void leave(0));

  stack = await startStack({ stateDir, apiPort, dbPort, otherPorts: true, reset, database, page: true });
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

interface Arguments {
  reset: boolean;
  database: "direct" | "data-api";
  stateDir: string;
  apiPort: number;
  dbPort: number;
}

function readArguments(): Arguments {
  const { api, db } = readConfig(defaultSupabaseDir);
  const options = {
    reset: { type: "boolean", default: false },
    "data-api": { type: "boolean", default: false },
    state: { type: "string", default: path.join(projectDir, ".stack") },
    "api-port": { type: "string", default: String(api.port) },
    "db-port": { type: "string", default: String(db.port) },
  } as const;
  try {
    const { values } = parseArgs({ options });
    const [apiPort, dbPort] = [readPort(values["api-port"]), readPort(values["db-port"])];
    const database = values["data-api"] ? "data-api" : "direct";
    return { reset: values.reset, database, stateDir: path.resolve(values.state), apiPort, dbPort };
  } catch (error) {
    console.error(`${(error as Error).message}\n${usage}`);
    process.exit(2);
  }
}

function readPort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new Error(`'${text}' is no port`);
  return port;
}

function describe(stack: Stack, demoUserId: string): string {
  const { url, dbUrl, publishableKey, secretKey, demoPassword } = stack;
  return `
BYOK for Supabase, on this machine only

  page             ${url}
  API              ${url}
  functions        ${url}/functions/v1
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
    `curl -i ${url}/functions/v1/call/openai/v1/chat/completions`,
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

try {
  await main();
} catch (error) {
  console.error(explain(error));
  process.exit(1);
}

/** Plain errors are thrown on purpose and worded for the reader; any other kind is a fault, and its trace helps. */
function explain(error: unknown): unknown {
  if (error instanceof AlreadyRunningError) return `${error.message}\nStop that one first, or use it.`;
  return error instanceof Error && error.constructor === Error ? error.message : error;
}
