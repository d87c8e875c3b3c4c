/** `/call/<provider>/<the provider's own path>`: which provider, and a path that cannot leave its API. */
import { ByokError } from "../errors.ts";
import { isProviderId, type ProviderId, providers } from "../providers/index.ts";

export interface Route {
  readonly provider: ProviderId;
  /** The provider's own path, beginning with one of the provider's prefixes. */
  readonly path: string;
  /** The query with its question mark, without `key`, which holds the caller's token; or empty. */
  readonly search: string;
}

/** Encoded slashes, dots, backslashes, at-signs, percent signs and control characters: what a second decoder would read otherwise. */
const ambiguousPath = /\/\/|\\|@|%(?:2e|2f|5c|40|25|[01][0-9a-f]|7f)|%(?![0-9a-f]{2})/i;

/**
 * The route of a request to `call`.
 *
 * @throws ByokError `unknown_provider`, `unknown_path`
 */
export function routeOf(url: URL | null): Route {
  const provider = providerOf(url);
  if (url === null || provider === null) throw new ByokError("unknown_provider");
  const path = url.pathname.slice(url.pathname.indexOf(`/call/${provider}`) + `/call/${provider}`.length);
  if (path.startsWith("/upload/")) {
    throw new ByokError("unknown_path", {
      message:
        "Resumable uploads are not relayed: they continue at an address of the provider's, which would be sent your access token.",
    });
  }
  if (ambiguousPath.test(path) || !providers[provider].api.prefixes.some((prefix) => path.startsWith(prefix))) {
    throw new ByokError("unknown_path");
  }
  return { provider, path, search: withoutKey(url) };
}

/** The query without the access token; as it came, if it holds none. */
function withoutKey({ search }: URL): string {
  if (search === "") return search;
  const query = new URLSearchParams(search);
  if (!query.has("key")) return search;
  query.delete("key");
  return query.size === 0 ? "" : `?${query}`;
}

/** The provider that the URL of a request names, whatever else is wrong with it; null for none. */
export function providerOf(url: URL | null): ProviderId | null {
  const name = /^(?:\/functions\/v1)?\/call\/([^/]+)(?:\/|$)/.exec(url?.pathname ?? "")?.[1];
  return isProviderId(name) ? name : null;
}

/** The provider's address of a route: a constant origin and the checked path. */
export function addressOf(route: Route, origin: string): string {
  const url = new URL(`${origin}${route.path}${route.search}`);
  if (url.origin !== origin || url.pathname !== route.path) throw new ByokError("unknown_path");
  return url.href;
}
