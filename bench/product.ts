/** The product under measurement: a stack, `call` by both ways to the database, and the users who call it. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { SignJWT } from "jose";
import { createTokens } from "../stack/api/tokens.ts";
import { defaultSupabaseDir, readConfig, type StackConfig } from "../stack/config.ts";
import { startFunctions } from "../stack/functions/functions.ts";
import { loadSecrets } from "../stack/secrets.ts";
import { hostedVariables, type Stack, startStack } from "../stack/stack.ts";
import { claimsOf, grant, makeUsers, type Person, saveKeys } from "./people.ts";
import { startDelay } from "./processes.ts";
import type { Stops } from "./stops.ts";

/** Round trips of a hosted project in ms, to each server that a call asks. Most figures are without: they are about work. */
export const distances_ms = { database: 1, dataApi: 5, provider: 20 };

/** The question, the same for everybody. */
export const completions = "/v1/chat/completions";

/** One server that answers calls, with the headers of each of its users. */
export interface Served {
  readonly name: string;
  readonly port: number;
  /** Of the process that answers. */
  readonly pid: number;
  /** Of Postgres itself, whose children are the processes of its connections. */
  readonly postgresPid: number;
  readonly path: string;
  readonly userHeaders: readonly Record<string, string>[];
}

export interface Product {
  readonly stack: Stack;
  readonly served: readonly Served[];
  /** Those with a saved API key. */
  readonly owners: readonly Person[];
  readonly postgresPid: number;
  /** Starts other functions on the same stack. */
  serve(name: string, config: StackConfig, more: Record<string, string>): Promise<{ port: number; pid: number }>;
}

/**
 * @param origin of the provider
 * @param farOrigin of the provider as far away as from a hosted project; without it nothing is measured as there
 */
export async function startProduct(
  stateDir: string,
  origin: string,
  stops: Stops,
  farOrigin?: string,
): Promise<Product> {
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
  const serve: Product["serve"] = async (name, config, more) => {
    const started = await startFunctions({
      ...{ config, supabaseDir: defaultSupabaseDir, stateDir: path.join(stateDir, name) },
      ...{ env: { ...env, ...more }, allowHosts: [], log: (line: string) => console.error(line) },
    });
    stops.push(() => started.stop());
    return { port: started.port, pid: started.pid };
  };
  const config = readConfig(defaultSupabaseDir);
  const direct = await serve("direct", config, { BYOK_DATABASE_URL: stack.functionsDbUrl });
  const dataApi = await serve("data-api", config, {});

  const far = farOrigin === undefined ? null : await startFar(stack, { config, serve, farOrigin, stops });

  const [owners, payers] = [await makeUsers(stack, tokens.sign), await makeUsers(stack, tokens.sign)];
  const sign = (id: string) =>
    new SignJWT(claimsOf(id)).setProtectedHeader({ alg: "HS256", kid: shared.kid }).sign(shared.secret);
  const withSharedKey = await Promise.all(owners.map(async ({ id }) => ({ id, accessToken: await sign(id) })));
  await saveKeys(stack, secrets.masterKeys, owners);
  await grant(stack, payers);

  const postgresPid = Number.parseInt(readFileSync(path.join(stack.dataDir, "postmaster.pid"), "utf8"));
  const of = (name: string, server: { port: number; pid: number }, people: readonly Person[]): Served => ({
    ...{ name, ...server, postgresPid, path: `/byok/call/openai${completions}`, userHeaders: people.map(headersOf) },
  });
  const served = [
    of("byok, direct", direct, owners),
    of("credits, direct", direct, payers),
    of("byok, data api", dataApi, owners),
    of("credits, data api", dataApi, payers),
    of("byok, direct, HS256", direct, withSharedKey),
    ...(far
      ? [
          of("byok, direct, hosted", far.direct, owners),
          of("credits, direct, hosted", far.direct, payers),
          of("byok, data api, hosted", far.dataApi, owners),
          of("credits, data api, hosted", far.dataApi, payers),
        ]
      : []),
  ];
  return { stack, served, owners, postgresPid, serve };
}

interface Far {
  readonly config: StackConfig;
  readonly serve: Product["serve"];
  readonly farOrigin: string;
  readonly stops: Stops;
}

/** The functions as far away from the database, the Data API and the provider as on a hosted project. */
async function startFar(stack: Stack, { config, serve, farOrigin, stops }: Far) {
  const provider = { BYOK_PROVIDER_ORIGINS: JSON.stringify({ openai: farOrigin }) };
  const [database, api] = [new URL(stack.functionsDbUrl), new URL(stack.url)];
  database.port = String(await startDelay(Number(database.port), distances_ms.database, stops));
  api.port = String(await startDelay(Number(api.port), distances_ms.dataApi, stops));
  return {
    direct: await serve("far-direct", config, { ...provider, BYOK_DATABASE_URL: database.href }),
    dataApi: await serve("far-data-api", config, { ...provider, SUPABASE_URL: api.origin }),
  };
}

export function headersOf({ accessToken }: Person): Record<string, string> {
  return { authorization: `Bearer ${accessToken}`, "x-byok-operation": "single_doc_regen" };
}
