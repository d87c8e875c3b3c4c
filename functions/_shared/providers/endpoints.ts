/** Rows for the operator's own endpoints, made as those of the catalogue are. */
import { catalogue } from "../../../catalogue/index.ts";
import { fromRows } from "../../../catalogue/openai-compatible.ts";
import type { Authentication, Provider } from "../../../catalogue/types.ts";
import type { Endpoint } from "../endpoints.ts";

const authentications: Readonly<Record<Endpoint["authentication"], Authentication>> = {
  bearer: { header: "authorization", before: "Bearer " },
  "api-key": { header: "api-key", before: "" },
  "x-api-key": { header: "x-api-key", before: "" },
  "x-goog-api-key": { header: "x-goog-api-key", before: "" },
};

/** The provider that speaks a dialect at home, and the base of its paths there. */
const homes = {
  anthropic: { home: catalogue.anthropic as Provider, homeBase: "/v1" },
  google: { home: catalogue.google as Provider, homeBase: "/v1beta" },
};

export function endpointRows(endpoints: readonly Endpoint[]): Record<string, Provider> {
  return Object.fromEntries(endpoints.map((endpoint) => [endpoint.id, rowOf(endpoint)]));
}

function rowOf(endpoint: Endpoint): Provider {
  return endpoint.dialect === "openai" ? openAiRow(endpoint) : rowLikeHome(endpoint, homes[endpoint.dialect]);
}

/** The operator's setting stands for the source, which has no day. */
const sourceOf = ({ origin }: Endpoint) => ({ url: origin, seen: "" });

function keysOf({ id, keys_url, key_prefix }: Endpoint): Provider["keys"] {
  const variable = `${id.toUpperCase()}_API_KEY`;
  return { prefixes: key_prefix ? [key_prefix] : [], variable, keysUrl: keys_url };
}

function openAiRow(endpoint: Endpoint): Provider {
  const { id, number, name, origin, base, authentication, listing, models } = endpoint;
  const source = sourceOf(endpoint);
  const row = {
    ...{ number, name, keys: keysOf(endpoint), origin, base, listing },
    authentication: authentications[authentication],
    models: { ...source, chat: models },
    documentation: [source],
  };
  return fromRows({ [id]: row })[id]!;
}

/** The same paths and answers as at home, below a base that ends in that of home; without the parts of that API that a gateway rarely has. */
function rowLikeHome(endpoint: Endpoint, { home, homeBase }: (typeof homes)["google"]): Provider {
  const { number, name, origin, base, authentication, listing, models } = endpoint;
  const moved = (path: string) => `${base}${path.slice(homeBase.length)}`;
  const { dialect, headers, features, generation, stream } = home.api;
  const { listing: homeListing, ...check } = home.check;
  return {
    ...{ number, name, keys: keysOf(endpoint), sources: home.sources, answers: home.answers },
    sdkPaths: { sdk: base.slice(0, -homeBase.length), aiSdk: base },
    api: {
      ...{ dialect, origin, headers, prefixes: [`${base}/`], authentication: authentications[authentication] },
      ...(features ? { features } : {}),
      generation: moved(generation),
      ...(stream ? { stream: moved(stream) } : {}),
    },
    check: {
      ...check,
      ...(listing === "none" || !homeListing ? {} : { listing: moved(homeListing) }),
      ...(listing === "public" ? { isPublic: true as const } : {}),
    },
    models: { ...sourceOf(endpoint), chat: models, other: [] },
  };
}
