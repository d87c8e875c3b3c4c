/** `/call/<provider>/<the provider's own path>`: which provider, and a path that cannot leave its API. */
import { ByokError } from "../errors.ts";
import { isProviderId, type ProviderId, providers } from "../providers/index.ts";

export interface Route {
  readonly provider: ProviderId;
  /** The provider's own path, beginning with one of the adapter's prefixes. */
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
export function routeOf(requestUrl: string): Route {
  const url = URL.parse(requestUrl);
  const provider = url && providerIn(url.pathname);
  if (!provider) throw new ByokError("unknown_provider");
  const path = url.pathname.slice(url.pathname.indexOf(`/call/${provider}`) + `/call/${provider}`.length);
  if (path.startsWith("/upload/")) {
    throw new ByokError("unknown_path", {
      message:
        "Resumable uploads are not relayed: they continue at an address of the provider's, which would be sent your access token.",
    });
  }
  if (ambiguousPath.test(path) || !providers[provider].prefixes.some((prefix) => path.startsWith(prefix))) {
    throw new ByokError("unknown_path");
  }
  if (url.search !== "" && url.searchParams.has("key")) url.searchParams.delete("key");
  return { provider, path, search: url.search };
}

/** The provider that a URL names, whatever else is wrong with it; null for none. A `Host` that can be none makes it no URL at all. */
export function providerOf(requestUrl: string): ProviderId | null {
  return providerIn(URL.parse(requestUrl)?.pathname ?? "");
}

function providerIn(pathname: string): ProviderId | null {
  const name = /^(?:\/functions\/v1)?\/call\/([^/]+)(?:\/|$)/.exec(pathname)?.[1];
  return isProviderId(name) ? name : null;
}

/** The provider's address of a route: a constant origin and the checked path. */
export function addressOf(route: Route, origin: string): string {
  const url = new URL(`${origin}${route.path}${route.search}`);
  if (url.origin !== origin || url.pathname !== route.path) throw new ByokError("unknown_path");
  return url.href;
}
