/** What is measured, side by side on one machine: the provider itself, proxies that do less than `call`, and `call`. */
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { type JWTPayload, SignJWT } from "jose";
import { Client } from "pg";
import { direct } from "../functions/_shared/database/direct.ts";
import { seal } from "../functions/_shared/crypto/envelope.ts";
import { importKeyring } from "../functions/_shared/crypto/keyring.ts";
import { defaultSupabaseDir, readConfig, type StackConfig } from "../stack/config.ts";
import { denoProgram } from "../stack/functions/deno-program.ts";
import { memoryLimits, startFunctions } from "../stack/functions/functions.ts";
import { freePort } from "../stack/ports.ts";
import { loadSecrets } from "../stack/secrets.ts";
import { hostedVariables, type Stack, startStack } from "../stack/stack.ts";
import { createTokens } from "../stack/api/tokens.ts";
import type { Target } from "./load.ts";
import { startServer } from "./processes.ts";

export interface Measured extends Target {
  readonly name: string;
  /** Of the process between client and provider; of the provider where there is none. */
  readonly pid: number;
}

export interface Targets {
  readonly all: readonly Measured[];
  readonly provider: { readonly pid: number };
  /** Postgres itself, whose children are the processes of its connections. */
  readonly postgres: { readonly pid: number };
  stop(): Promise<void>;
}

interface Person {
  readonly id: string;
  readonly accessToken: string;
}

const here = import.meta.dirname;
/** Enough that calls on credits seldom wait for each other's account. */
const users = 64;

export async function startTargets(stateDir: string): Promise<Targets> {
  const stops: (() => unknown)[] = [];
  const stop = async () => {
    for (const end of stops.splice(0).reverse()) await end();
  };
  try {
    return { ...(await startAll(stateDir, stops)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startAll(stateDir: string, stops: (() => unknown)[]): Promise<Omit<Targets, "stop">> {
  const run = async (command: string, port: number, ...args: string[]) => {
    const child = await startServer(command, args, port, { TRUSTED_CUSTOM_HOSTS: "127.0.0.1" });
    stops.push(() => child.kill("SIGKILL"));
    return { port, pid: child.pid };
  };
  const deno = (port: number, file: string, ...args: string[]) =>
    run(
      denoProgram(),
      port,
      "run",
      "--quiet",
      "--no-config",
      // As the functions have them: collecting garbage is no small part of a request.
      memoryLimits,
      "--allow-net",
      path.join(here, file),
      String(port),
      ...args,
    );

  const provider = await deno(await freePort(), "provider.ts");
  const origin = `http://127.0.0.1:${provider.port}`;
  const bare = await deno(await freePort(), "bare.ts", origin);
  const portkeyPort = await freePort();
  const portkey = await run(process.execPath, portkeyPort, portkeyProgram(), `--port=${portkeyPort}`, "--headless");

  const stack = await startStack({ stateDir, providers: "none", log: () => undefined });
  stops.push(() => stack.stop());
  const secrets = await loadSecrets(stateDir);
  const tokens = await createTokens(secrets, stack.url);
  const shared = { kid: "shared", secret: randomBytes(32) };
  const sharedKey = { kty: "oct", alg: "HS256", kid: shared.kid, k: shared.secret.toString("base64url") };
  const env = {
    ...hostedVariables(stack.url, stack.dbUrl, secrets, tokens),
    SUPABASE_JWKS: JSON.stringify({ keys: [...tokens.jwks.keys, sharedKey] }),
    BYOK_PLATFORM_KEYS: JSON.stringify({ openai: `sk-proj-${randomBytes(36).toString("base64url")}` }),
    BYOK_PROVIDER_ORIGINS: JSON.stringify({ openai: origin }),
  };
  const functions = async (name: string, config: StackConfig, more: Record<string, string>) => {
    const started = await startFunctions({
      // The first draft loses memory with each request, and would not live through the run.
      isUnlimited: name === "naive",
      ...{ config, supabaseDir: defaultSupabaseDir, stateDir: path.join(stateDir, name) },
      ...{ env: { ...env, ...more }, allowHosts: [], log: (line: string) => console.error(line) },
    });
    stops.push(() => started.stop());
    return { port: started.port, pid: started.pid };
  };
  const config = readConfig(defaultSupabaseDir);
  const call = { ...config, functions: { call: config.functions.call! } };
  const direct = await functions("direct", call, { BYOK_DATABASE_URL: stack.functionsDbUrl });
  const dataApi = await functions("data-api", call, {});
  const naiveKey = randomBytes(32);
  const naive = await functions(
    "naive",
    { ...config, functions: { naive: { ...config.functions.call!, entrypoint: "./naive/index.ts" } } },
    { NAIVE_KEY: naiveKey.toString("base64"), NAIVE_ORIGIN: origin },
  );

  const hs256 = (claims: JWTPayload) =>
    new SignJWT(claims).setProtectedHeader({ alg: "HS256", kid: shared.kid }).sign(shared.secret);
  const [byok, payers] = [await makeUsers(stack, tokens.sign), await makeUsers(stack, tokens.sign)];
  const withSharedKey = await Promise.all(byok.map(async ({ id }) => ({ id, accessToken: await hs256(claimsOf(id)) })));
  await saveKeys(stack, secrets.masterKeys, byok);
  await grant(stack, payers);
  await fillNaive(stack, byok, naiveKey);

  const completions = "/v1/chat/completions";
  const bearer = (people: readonly Person[]) => (user: number) => ({
    authorization: `Bearer ${people[user % people.length]?.accessToken}`,
    "x-byok-operation": "single_doc_regen",
  });
  const ofThePlatform = () => ({ authorization: "Bearer sk-platform" });
  const portkeyHeaders = () => ({
    ...ofThePlatform(),
    "x-portkey-provider": "openai",
    "x-portkey-custom-host": `${origin}/v1`,
  });
  const callPath = `/call/openai${completions}`;
  const all = [
    { name: "provider itself", ...provider, path: completions, headers: ofThePlatform },
    { name: "bare proxy", ...bare, path: completions, headers: ofThePlatform },
    { name: "portkey", ...portkey, path: completions, headers: portkeyHeaders },
    { name: "naive function", ...naive, path: `/naive/openai${completions}`, headers: bearer(byok) },
    { name: "byok, direct", ...direct, path: callPath, headers: bearer(byok) },
    { name: "credits, direct", ...direct, path: callPath, headers: bearer(payers) },
    { name: "byok, data api", ...dataApi, path: callPath, headers: bearer(byok) },
    { name: "credits, data api", ...dataApi, path: callPath, headers: bearer(payers) },
    { name: "byok, direct, HS256", ...direct, path: callPath, headers: bearer(withSharedKey) },
  ];
  const postmaster = readFileSync(path.join(stack.dataDir, "postmaster.pid"), "utf8");
  return { all, provider, postgres: { pid: Number.parseInt(postmaster) } };
}

/** Portkey's gateway, installed on demand: nothing else needs it. */
function portkeyProgram(): string {
  const program = path.join(here, "node_modules/@portkey-ai/gateway/build/start-server.js");
  if (!existsSync(program)) execFileSync("npm", ["ci", "--prefix", here], { stdio: ["ignore", "ignore", "inherit"] });
  return program;
}

function claimsOf(sub: string) {
  return { sub, aud: "authenticated", role: "authenticated", exp: Math.floor(Date.now() / 1000) + 86_400 };
}

async function makeUsers(stack: Stack, sign: (claims: JWTPayload) => Promise<string>): Promise<Person[]> {
  const ids = Array.from({ length: users }, () => crypto.randomUUID());
  await query(
    stack,
    "insert into auth.users (id, email) select id, id || '@example.com' from unnest($1::uuid[]) as id",
    [ids],
  );
  return await Promise.all(ids.map(async (id) => ({ id, accessToken: await sign(claimsOf(id)) })));
}

async function saveKeys(stack: Stack, masterKeys: string, people: readonly Person[]): Promise<void> {
  const keyring = await importKeyring(masterKeys);
  const database = direct({ url: stack.functionsDbUrl, tls: false });
  for (const { id: userId } of people) {
    const credentialId = crypto.randomUUID();
    const sealed = await seal(keyring, { userId, credentialId, providerNumber: 1 }, `sk-proj-${crypto.randomUUID()}`);
    await database.saveCredential({
      userId,
      credentialId,
      provider: "openai",
      hint: "",
      status: "verified",
      ...sealed,
    });
  }
  await database.close();
}

async function grant(stack: Stack, people: readonly Person[]): Promise<void> {
  const ids = people.map(({ id }) => id);
  await query(stack, "select byok.grant_credits(id, 1000000000, 'bench', id::text) from unnest($1::uuid[]) as id", [
    ids,
  ]);
}

async function fillNaive(stack: Stack, people: readonly Person[], bytes: Buffer<ArrayBuffer>): Promise<void> {
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

async function query(stack: Stack, text: string, values: unknown[] = []): Promise<void> {
  const client = new Client({ connectionString: stack.dbUrl });
  await client.connect();
  try {
    await client.query(text, values);
  } finally {
    await client.end();
  }
}
