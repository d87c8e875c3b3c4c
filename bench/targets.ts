/** The targets, side by side on one machine: the provider itself, proxies that do less than `call`, and `call`. */
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import path from "node:path";
import { defaultSupabaseDir, projectDir, readConfig } from "../stack/config.ts";
import { denoProgram } from "../stack/functions/deno-program.ts";
import { memoryLimits } from "../stack/functions/deno-arguments.ts";
import { freePort } from "../stack/ports.ts";
import type { Target } from "./load.ts";
import { type Person, query } from "./people.ts";
import { type Server, startDelay, startServer } from "./processes.ts";
import { completions, distances_ms, headersOf, type Product, type Served, startProduct } from "./product.ts";
import type { Stops } from "./stops.ts";
import { checkOut, serveTree } from "./trees.ts";

export interface Measured extends Target {
  readonly name: string;
  /** Of the process between client and provider; of the provider where there is none. */
  readonly pid: number;
  /** Of the Postgres that it asks. */
  readonly postgresPid?: number;
}

export interface Targets {
  readonly all: readonly Measured[];
  readonly provider: Server;
}

const here = import.meta.dirname;

/** The product in this process, beside everything that it is compared with. */
export async function startTargets(stops: Stops): Promise<Targets> {
  const { provider, origin, all: proxies } = await startProxies(stops);
  const portkey = await startPortkey(origin, stops);
  const farOrigin = `http://127.0.0.1:${await startDelay(provider.port, distances_ms.provider, stops)}`;
  const bareFar = { ...(await startBare(farOrigin, stops)), name: "bare proxy, hosted" };
  const product = await startProduct(stops.folder("bench"), origin, stops, farOrigin);
  const naive = await startNaive(product, origin);
  return { provider, all: [...proxies, portkey, bareFar, ...[naive, ...product.served].map(asMeasured)] };
}

/** The product of this tree and of a git ref, each in processes of its own, beside the bare proxy. */
export async function startTrees(ref: string, stops: Stops): Promise<Targets> {
  const { provider, origin, all: proxies } = await startProxies(stops);
  const all: Measured[] = [...proxies, await startPortkey(origin, stops)];
  for (const [folder, suffix] of [
    [projectDir, ""],
    [checkOut(ref, stops), ` @ ${ref}`],
  ] as const) {
    const served = await serveTree(folder, origin, stops);
    all.push(...served.map((each) => asMeasured({ ...each, name: `${each.name}${suffix}` })));
  }
  return { provider, all };
}

function asMeasured({ userHeaders, ...served }: Served): Measured {
  return { ...served, headers: (user) => userHeaders[user % userHeaders.length]! };
}

const ofThePlatform = () => ({ authorization: "Bearer sk-platform" });

async function runDeno(stops: Stops, file: string, ...args: string[]) {
  const port = await freePort();
  // Memory as the functions have it: collecting garbage is no small part of a request.
  const flags = ["run", "--quiet", "--no-config", memoryLimits, "--allow-net"];
  return await startServer(denoProgram(), [...flags, path.join(here, file), String(port), ...args], port, stops);
}

async function startBare(origin: string, stops: Stops): Promise<Measured> {
  return {
    name: "bare proxy",
    ...(await runDeno(stops, "bare.ts", origin)),
    path: completions,
    headers: ofThePlatform,
  };
}

async function startProxies(stops: Stops) {
  const provider = await runDeno(stops, "provider.ts");
  const origin = `http://127.0.0.1:${provider.port}`;
  const all: Measured[] = [
    { name: "provider itself", ...provider, path: completions, headers: ofThePlatform },
    await startBare(origin, stops),
  ];
  return { provider, origin, all };
}

async function startPortkey(origin: string, stops: Stops): Promise<Measured> {
  const port = await freePort();
  const args = [portkeyProgram(), `--port=${port}`, "--headless"];
  // It prints a trace for each stream that it cannot pass on, on this Node all of them.
  const options = { env: { TRUSTED_CUSTOM_HOSTS: "127.0.0.1" }, isQuiet: true };
  const server = await startServer(process.execPath, args, port, stops, options);
  const headers = () => ({
    ...ofThePlatform(),
    "x-portkey-provider": "openai",
    "x-portkey-custom-host": `${origin}/v1`,
  });
  return { name: "portkey", ...server, path: completions, headers };
}

/** Portkey's gateway, installed on demand: nothing else needs it. */
function portkeyProgram(): string {
  const program = path.join(here, "node_modules/@portkey-ai/gateway/build/start-server.js");
  if (!existsSync(program)) execFileSync("npm", ["ci", "--prefix", here], { stdio: ["ignore", "ignore", "inherit"] });
  return program;
}

/** The Edge Function that a first draft would be, on the same stack for the same users. */
async function startNaive({ stack, owners, postgresPid, serve }: Product, origin: string): Promise<Served> {
  const key = randomBytes(32);
  const config = readConfig(defaultSupabaseDir);
  const server = await serve(
    "naive",
    { ...config, functions: { naive: { ...config.functions.byok!, entrypoint: "../bench/naive/index.ts" } } },
    { NAIVE_KEY: key.toString("base64"), NAIVE_ORIGIN: origin },
  );
  await fillNaive(stack, owners, key);
  const userHeaders = owners.map(headersOf);
  return { name: "naive function", ...server, postgresPid, path: `/naive/openai${completions}`, userHeaders };
}

async function fillNaive(
  stack: Product["stack"],
  people: readonly Person[],
  bytes: Buffer<ArrayBuffer>,
): Promise<void> {
  await query(stack, "create table public.naive_keys (user_id uuid primary key, iv text, sealed text)");
  await query(
    stack,
    "create table public.naive_calls (id bigint generated always as identity primary key, user_id uuid, path text)",
  );
  const key = await crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt"]);
  for (const { id } of people) {
    const iv = randomBytes(12);
    const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, new TextEncoder().encode(`sk-proj-${id}`));
    const values = [id, iv.toString("base64"), Buffer.from(sealed).toString("base64")];
    await query(stack, "insert into public.naive_keys values ($1, $2, $3)", values);
  }
}
