/** The function's environment: the only file that reads it. A setting that is missing, malformed or unknown stops the boot. */
import { calledCatalogue } from "../../catalogue/called.ts";
import type { ProviderId } from "../../catalogue/index.ts";
import { isPlaceOf } from "../../catalogue/places.ts";
import type { CalledProvider, PlacedKey } from "../../catalogue/types.ts";
import { type Endpoint, parseEndpoints } from "./endpoints.ts";
import { isRecord, parseJson } from "./json.ts";
import { isOnThisMachine, ownHosts } from "./origins.ts";

/** Every setting that is read; docs/reference/settings.md says what each means. */
export const settingNames = [
  "SUPABASE_URL",
  "SUPABASE_SECRET_KEYS",
  "BYOK_MASTER_KEYS",
  "BYOK_PROVIDERS",
  "BYOK_ENDPOINTS",
  "BYOK_PLATFORM_KEYS",
  "BYOK_DATABASE_URL",
  "BYOK_DATABASE_CA",
  "BYOK_PROVIDER_ORIGINS",
  "BYOK_ONE_TOKEN_CHECK",
  "BYOK_WORKER_LIFE_MS",
  "BYOK_CHECK_TIMEOUT_MS",
  "BYOK_CALL_TIMEOUT_MS",
  "BYOK_STALL_TIMEOUT_MS",
] as const;
type Name = (typeof settingNames)[number];
export type Variables = { readonly [name in Name]?: string | undefined };

/**
 * A worker of Supabase's lives 150 s on the free plan and 400 s on the others, takes no request after half of that, and ends with
 * those that it has: https://supabase.com/docs/guides/functions/limits, November 2026.
 */
const standardLife_ms = 150_000;
/** How long a request may be without an answer there, whatever the plan. */
const longestRequest_ms = 150_000;
/** How long a hold on credits lives: sql/50_holds.sql. */
const holdLife_ms = 900_000;
/** Time for a refusal's way back, and the part of a worker's life that is gone before a timeout begins. */
const answering_ms = 5_000;

/** Deno's own way where there is one: `process` would bring a good part of Node along, which is half of what a start costs. */
const { Deno } = globalThis as {
  Deno?: { env: { get(name: string): string | undefined; toObject(): Record<string, string> } };
};

/** Every variable, so that a misspelt setting is seen. */
function environment(): Variables {
  return (Deno ? Deno.env.toObject() : process.env) as Variables;
}

export interface Env {
  readonly supabaseUrl: string;
  /** The project's secret key, for the Data API. */
  readonly secretKey: string;
  /** Where Postgres is reached directly; the Data API is used when absent. */
  readonly directDatabase?: DirectDatabase;
  /** The key ring, as `importKeyring` reads it. */
  readonly masterKeys: string;
  /** The providers that keys can be saved for and calls go to, in the order in which a page shows them. */
  readonly offered: readonly ProviderId[];
  /** Provider id -> the platform's own API key. A provider without one is not offered on credits. */
  readonly platformKeys: Readonly<Record<string, PlacedKey>>;
  /** Provider id, or `<id>/<place>` -> another origin than the provider's own, on this machine only: for the local stack. */
  readonly providerOrigins: Readonly<Record<string, string>>;
  /** Whether a check may spend one token of the user's to see that the account has credit. */
  readonly oneTokenCheck: boolean;
  /** How long a check of a key waits for the provider, in ms. */
  readonly checkTimeout_ms: number;
  /** How long a call waits for the first byte of the provider's answer, in ms. */
  readonly callTimeout_ms: number;
  /** How long an answer on credits may be silent before it counts as broken off, in ms. */
  readonly stallTimeout_ms: number;
}

export interface DirectDatabase {
  /** `postgresql://user:password@host:port/database`. */
  readonly url: string;
  /** PEM of the authority to trust, the public ones when it has none; false for a database on this machine. */
  readonly tls: { readonly ca?: string } | false;
}

/**
 * Reads the environment of an Edge Function.
 *
 * @throws Error that names the setting and what is wrong with it, never its value.
 */
export function readEnv(variables: Variables = environment()): Env {
  const unknown = Object.keys(variables).find((name) => name.startsWith("BYOK_") && !isName(name));
  if (unknown !== undefined) throw new Error(`${unknown} is no setting of these functions`);
  const required = (name: Name): string => {
    const value = variables[name];
    if (!value) throw new Error(`${name} is not set`);
    return value;
  };
  const milliseconds = (name: Name, standard: number): number => {
    const value = Number(variables[name] ?? standard);
    if (!Number.isInteger(value) || value < 1) throw new Error(`${name} is not a number of milliseconds`);
    return value;
  };
  const life_ms = milliseconds("BYOK_WORKER_LIFE_MS", standardLife_ms);
  if (life_ms > holdLife_ms) throw new Error(`BYOK_WORKER_LIFE_MS is more than ${holdLife_ms}: a hold lives no longer`);
  const call_ms = Math.min(life_ms / 2, longestRequest_ms);
  const timeout = (name: Name, standard: number): number => {
    const value = milliseconds(name, Math.max(1, Math.min(standard, Math.floor(call_ms) - answering_ms)));
    if (value <= call_ms) return value;
    throw new Error(`${name} is more than ${Math.floor(call_ms)}: a call may have no more, by BYOK_WORKER_LIFE_MS`);
  };

  const ids = [...Object.keys(calledCatalogue), ...readEndpoints(variables).map(({ id }) => id)];
  const secretKey = stringRecord("SUPABASE_SECRET_KEYS", required("SUPABASE_SECRET_KEYS")).default;
  if (!secretKey) throw new Error("SUPABASE_SECRET_KEYS has no default key");
  const providerOrigins = readOrigins(variables.BYOK_PROVIDER_ORIGINS);
  if (!Object.values(providerOrigins).every(isOnThisMachine)) {
    throw new Error("BYOK_PROVIDER_ORIGINS may only name this machine: API keys are sent there");
  }
  const directDatabase = readDirectDatabase(variables.BYOK_DATABASE_URL, variables.BYOK_DATABASE_CA);
  const oneTokenCheck = variables.BYOK_ONE_TOKEN_CHECK ?? "on";
  if (oneTokenCheck !== "on" && oneTokenCheck !== "off") throw new Error("BYOK_ONE_TOKEN_CHECK is neither on nor off");
  const supabaseUrl = required("SUPABASE_URL");
  if (!/^https?:$/.test(URL.parse(supabaseUrl)?.protocol ?? "")) throw new Error("SUPABASE_URL is no address");
  return {
    supabaseUrl,
    secretKey,
    ...(directDatabase ? { directDatabase } : {}),
    masterKeys: required("BYOK_MASTER_KEYS"),
    offered: readOffered(variables.BYOK_PROVIDERS, ids),
    platformKeys: readPlatformKeys(variables.BYOK_PLATFORM_KEYS, ids),
    providerOrigins,
    oneTokenCheck: oneTokenCheck === "on",
    checkTimeout_ms: timeout("BYOK_CHECK_TIMEOUT_MS", 10_000),
    callTimeout_ms: timeout("BYOK_CALL_TIMEOUT_MS", 140_000),
    stallTimeout_ms: timeout("BYOK_STALL_TIMEOUT_MS", 120_000),
  };
}

/** The operator's own endpoints, which are providers like those of the catalogue. */
export function readEndpoints(variables: Variables = environment()): readonly Endpoint[] {
  return parseEndpoints(variables.BYOK_ENDPOINTS);
}

/**
 * Who issues the project's access tokens: `https://<ref>.supabase.co/auth/v1`, also behind a custom domain. Undefined where
 * SUPABASE_URL is an address within a local network, which says nothing about the name that Auth signs with.
 */
export function tokenIssuer(): string | undefined {
  const url = Deno ? Deno.env.get("SUPABASE_URL") : process.env.SUPABASE_URL;
  return url?.startsWith("https://") ? `${url.replace(/\/$/, "")}/auth/v1` : undefined;
}

function stringRecord(name: Name, json = "{}"): Record<string, string> {
  const value = parseJson(json);
  if (!isRecord(value)) throw new Error(`${name} is not a JSON object`);
  if (!Object.values(value).every((entry) => typeof entry === "string"))
    throw new Error(`${name} holds more than strings`);
  return value as Record<string, string>;
}

/** All providers without the setting, in the order of the catalogue, the operator's own endpoints last. */
function readOffered(list: string | undefined, all: readonly string[]): ProviderId[] {
  const ids = list === undefined ? all : list.split(",").map((id) => id.trim());
  requireProviders("BYOK_PROVIDERS", ids, all);
  if (new Set(ids).size < ids.length) throw new Error("BYOK_PROVIDERS names a provider twice");
  return ids as ProviderId[];
}

/** Keys as text, or as `{"api_key": "...", "place": "..."}` where the key has a place. */
function readPlatformKeys(json = "{}", all: readonly string[]): Record<string, PlacedKey> {
  const name = "BYOK_PLATFORM_KEYS";
  const value = parseJson(json);
  if (!isRecord(value)) throw new Error(`${name} is not a JSON object`);
  const keys = Object.entries(value).map(([id, entry]) => {
    const { api_key, place = null, ...others } = typeof entry === "string" ? { api_key: entry } : asRecord(entry);
    if (
      typeof api_key !== "string" ||
      (place !== null && typeof place !== "string") ||
      Object.keys(others).length > 0
    ) {
      throw new Error(`${name} holds more than strings, and objects of api_key and place`);
    }
    requireProviders(name, [id], all);
    if (!/^[\x21-\x7e]+$/.test(api_key)) throw new Error(`${name} holds a key that is not printable ASCII`);
    if (!isPlaceOf((calledCatalogue as Record<string, CalledProvider>)[id] ?? {}, place)) {
      throw new Error(`${name} holds no place, or one that does not exist, for ${id}`);
    }
    return [id, { apiKey: api_key, place }] as const;
  });
  return Object.fromEntries(keys);
}

function asRecord(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}

function readOrigins(json: string | undefined): Record<string, string> {
  const name = "BYOK_PROVIDER_ORIGINS";
  const origins = stringRecord(name, json);
  requireProviders(
    name,
    Object.keys(origins).map((key) => key.replace(/\/.*/, "")),
    Object.keys(calledCatalogue),
  );
  return origins;
}

/** An unknown provider is most often misspelt, and would be left out without a word. */
function requireProviders(name: Name, ids: readonly string[], all: readonly string[]): void {
  if (ids.every((id) => all.includes(id))) return;
  throw new Error(`${name} names a provider that does not exist; there are ${all.join(", ")}`);
}

function isName(name: string): name is Name {
  return (settingNames as readonly string[]).includes(name);
}

function readDirectDatabase(address: string | undefined, ca: string | undefined): DirectDatabase | undefined {
  if (ca !== undefined && !ca.includes("-----BEGIN CERTIFICATE-----")) throw new Error("BYOK_DATABASE_CA is no PEM");
  if (address === undefined) {
    if (ca !== undefined) throw new Error("BYOK_DATABASE_CA is set without BYOK_DATABASE_URL");
    return undefined;
  }
  const url = URL.parse(address);
  if (url === null || !/^postgres(?:ql)?:$/.test(url.protocol) || !url.hostname || !url.username || !url.password) {
    throw new Error("BYOK_DATABASE_URL is not of the form postgresql://user:password@host:port/database");
  }
  // The driver would take settings from there, sslmode above all, that weaken those made here.
  if (url.search || url.hash) throw new Error("BYOK_DATABASE_URL may not have parameters");
  return { url: address, tls: ownHosts.includes(url.hostname) ? false : ca ? { ca } : {} };
}
