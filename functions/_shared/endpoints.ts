/**
 * Endpoints of the operator's own, such as a vLLM or a gateway: `BYOK_ENDPOINTS`, read and checked. Checked by a table in place of zod,
 * which the function `call` does not load.
 */
import { calledCatalogue } from "../../catalogue/called.ts";
import type { Dialect } from "../../catalogue/types.ts";
import { isRecord, parseJson } from "./json.ts";
import { isOnThisMachine, isOrigin } from "./origins.ts";

export interface Endpoint {
  /** Names it in paths, in the database and in `client.save`. */
  readonly id: string;
  /** Bound into every envelope: 10,000 to 65,535, never changed, never given to another endpoint. */
  readonly number: number;
  /** As users know it. */
  readonly name: string;
  /** `https://host`; `http` on this machine only. */
  readonly origin: string;
  readonly dialect: Dialect;
  /** The path before the dialect's own, such as `/v1`. */
  readonly base: string;
  /** The header that takes the key. */
  readonly authentication: "bearer" | "api-key" | "x-api-key" | "x-goog-api-key";
  /** `needs_key`: a key that does not work gets no list of models. `public`: anyone gets it. `none`: there is none. */
  readonly listing: "needs_key" | "public" | "none";
  /** Models that a check asks where there is no list. */
  readonly models: readonly string[];
  /** Where users get a key. */
  readonly keys_url: string;
  /** The beginning of its keys; empty if they have none. */
  readonly key_prefix: string;
}

interface Field {
  is(value: unknown): boolean;
  readonly rule: string;
  /** Absent: the field is required. */
  readonly standard?: unknown;
}

const text = (pattern: RegExp) => (value: unknown) => typeof value === "string" && pattern.test(value);
const oneOf = (...all: string[]) => ({
  is: (value: unknown) => all.includes(value as string),
  rule: `is ${all.join(" or ")}`,
});

/** Own paths of `call`, which no endpoint may be called like. */
const reservedIds = ["v1"];

const fields: Readonly<Record<keyof Endpoint, Field>> = {
  id: {
    is: (value) => text(/^[a-z][a-z0-9_]{0,31}$/)(value) && !reservedIds.includes(value as string),
    rule: "is up to 32 lower-case letters, digits and _, and none of v1",
  },
  number: {
    is: (value) => Number.isInteger(value) && (value as number) >= 10_000 && (value as number) <= 65_535,
    rule: "is from 10000 to 65535",
  },
  name: { is: text(/^[A-Za-z][\w .()&+-]{0,39}$/), rule: "is up to 40 letters, digits, spaces and .()&+-_" },
  origin: {
    is: (value) => isOrigin(value) && (value.startsWith("https://") || isOnThisMachine(value)),
    rule: "is https://host, without path, query, fragment or credentials",
  },
  dialect: { ...oneOf("openai", "anthropic", "google"), standard: "openai" },
  base: {
    is: text(/^(?:\/[a-z0-9]+)+$/),
    rule: "is a path such as /v1, of lower-case letters and digits",
    standard: null,
  },
  authentication: { ...oneOf("bearer", "api-key", "x-api-key", "x-goog-api-key"), standard: "bearer" },
  listing: { ...oneOf("public", "needs_key", "none"), standard: "public" },
  models: {
    is: (value) => Array.isArray(value) && value.every(text(/^[\w./:@-]{1,256}$/)),
    rule: "is a list of names of models",
    standard: [],
  },
  keys_url: {
    is: (value) => text(/^https:\/\//)(value) && URL.parse(value as string) !== null,
    rule: "begins with https://",
  },
  key_prefix: { is: text(/^[\x21-\x7e]{0,32}$/), rule: "is the beginning of its keys", standard: "" },
};

/** The base of each dialect where an endpoint gives none. */
const bases: Readonly<Record<Dialect, string>> = { openai: "/v1", anthropic: "/v1", google: "/v1beta" };

/**
 * Reads `BYOK_ENDPOINTS`: a JSON list of objects.
 *
 * @throws Error that names the endpoint by its place in the list and the field, and never a value
 */
export function parseEndpoints(json = "[]"): readonly Endpoint[] {
  const list = parseJson(json);
  if (!Array.isArray(list)) throw new Error("BYOK_ENDPOINTS is not a JSON list");
  const endpoints = list.map(readEndpoint);
  for (const field of ["id", "number"] as const) {
    if (new Set(endpoints.map((endpoint) => endpoint[field])).size < endpoints.length) {
      throw new Error(`BYOK_ENDPOINTS has the same ${field} twice`);
    }
  }
  return endpoints;
}

function readEndpoint(given: unknown, index: number): Endpoint {
  const refusal = (what: string) => new Error(`BYOK_ENDPOINTS, endpoint ${index + 1}: ${what}`);
  if (!isRecord(given)) throw refusal("it is not an object");
  if (!Object.keys(given).every((name) => Object.hasOwn(fields, name))) {
    throw refusal(`it has a field that is not known; there are ${Object.keys(fields).join(", ")}`);
  }
  const standardBase = bases[(given.dialect ?? "openai") as Dialect];
  const entries = Object.entries(fields).map(([name, { is, rule, standard }]) => {
    const value = given[name] ?? (name === "base" ? standardBase : standard);
    if (!is(value)) throw refusal(`${name} ${rule}`);
    return [name, value] as const;
  });
  const endpoint = Object.fromEntries(entries) as unknown as Endpoint;
  if (Object.hasOwn(calledCatalogue, endpoint.id)) throw refusal("its id is a provider's of the catalogue");
  if (endpoint.dialect !== "openai" && !endpoint.base.endsWith(standardBase))
    throw refusal(`base ends in ${standardBase}`);
  if (endpoint.listing === "none" && endpoint.models.length === 0) throw refusal("without a list, models names some");
  return endpoint;
}
