/** The operator's own endpoints as a call needs them. */
import { calledCatalogue } from "../../../catalogue/called.ts";
import { compatibleApi } from "../../../catalogue/openai-compatible.ts";
import type { Authentication, CalledProvider } from "../../../catalogue/types.ts";
import type { Endpoint } from "../endpoints.ts";

const authentications: Readonly<Record<Endpoint["authentication"], Authentication>> = {
  bearer: { header: "authorization", before: "Bearer " },
  "api-key": { header: "api-key", before: "" },
  "x-api-key": { header: "x-api-key", before: "" },
  "x-goog-api-key": { header: "x-goog-api-key", before: "" },
};

/** The provider that speaks a dialect at home, and the base of its paths there. */
export const homes = {
  anthropic: { id: "anthropic", base: "/v1" },
  google: { id: "google", base: "/v1beta" },
} as const;

export function calledEndpoints(endpoints: readonly Endpoint[]): Record<string, CalledProvider> {
  return Object.fromEntries(endpoints.map((endpoint) => [endpoint.id, calledEndpoint(endpoint)]));
}

export function calledEndpoint(endpoint: Endpoint): CalledProvider {
  const { number, name, dialect } = endpoint;
  return { number, name, api: dialect === "openai" ? openAiApi(endpoint) : apiLikeHome(endpoint, homes[dialect]) };
}

/** The operator's setting stands for the source, which has no day. */
export const sourceOf = ({ origin }: Endpoint) => ({ url: origin, seen: "" });

function openAiApi(endpoint: Endpoint): CalledProvider["api"] {
  const { origin, base, authentication } = endpoint;
  const documentation = [sourceOf(endpoint)];
  return compatibleApi({ origin, base, authentication: authentications[authentication], documentation });
}

/** The same paths as at home, below a base that ends in that of home; without the parts of that API that a gateway rarely has. */
function apiLikeHome(endpoint: Endpoint, home: (typeof homes)[keyof typeof homes]): CalledProvider["api"] {
  const { origin, base, authentication } = endpoint;
  const { dialect, headers, features, generation, stream } = calledCatalogue[home.id].api;
  return {
    ...{ dialect, origin, headers, prefixes: [`${base}/`], authentication: authentications[authentication] },
    ...(features ? { features } : {}),
    generation: movedTo(base, generation, home),
    ...(stream ? { stream: movedTo(base, stream, home) } : {}),
  };
}

/** A path of home's, below another base. */
export function movedTo(base: string, path: string, home: { readonly base: string }): string {
  return `${base}${path.slice(home.base.length)}`;
}
