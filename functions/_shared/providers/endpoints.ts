/** Rows for the operator's own endpoints, made as those of the catalogue are. */
import { catalogue } from "../../../catalogue/index.ts";
import { fromRows } from "../../../catalogue/openai-compatible.ts";
import type { Provider } from "../../../catalogue/types.ts";
import type { Endpoint } from "../endpoints.ts";
import { calledEndpoint, homes, movedTo, sourceOf } from "./called-endpoints.ts";

export function endpointRows(endpoints: readonly Endpoint[]): Record<string, Provider> {
  return Object.fromEntries(endpoints.map((endpoint) => [endpoint.id, rowOf(endpoint)]));
}

function rowOf(endpoint: Endpoint): Provider {
  const row = endpoint.dialect === "openai" ? openAiRow(endpoint) : rowLikeHome(endpoint, homes[endpoint.dialect]);
  return { ...row, ...calledEndpoint(endpoint) };
}

function keysOf({ id, keys_url, key_prefix }: Endpoint): Provider["keys"] {
  const variable = `${id.toUpperCase()}_API_KEY`;
  return { prefixes: key_prefix ? [key_prefix] : [], variable, keysUrl: keys_url };
}

function openAiRow(endpoint: Endpoint): Provider {
  const { id, number, name, origin, base, listing, models } = endpoint;
  const source = sourceOf(endpoint);
  const row = { number, name, keys: keysOf(endpoint), origin, base, listing };
  return fromRows({ [id]: { ...row, models: { ...source, chat: models }, documentation: [source] } })[id]!;
}

/** The same answers as at home, and the same check. */
function rowLikeHome(
  endpoint: Endpoint,
  home: (typeof homes)[keyof typeof homes],
): Omit<Provider, "number" | "name" | "api"> {
  const { base, listing, models } = endpoint;
  const { sources, answers, check: homeCheck }: Provider = catalogue[home.id];
  const { listing: homeListing, ...check } = homeCheck;
  return {
    ...{ keys: keysOf(endpoint), sources, answers },
    sdkPaths: { sdk: base.slice(0, -home.base.length), aiSdk: base },
    check: {
      ...check,
      ...(listing === "none" || !homeListing ? {} : { listing: movedTo(base, homeListing, home) }),
      ...(listing === "public" ? { isPublic: true as const } : {}),
    },
    models: { ...sourceOf(endpoint), chat: models, other: [] },
  };
}
