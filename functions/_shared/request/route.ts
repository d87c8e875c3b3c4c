/** `/byok/call/<provider>/<the provider's own path>`: which provider, and a path that cannot leave its API. */
import { ByokError } from "../errors.ts";
import { calledProviders, isProviderId, type ProviderId } from "../providers/called.ts";
import type { Provider } from "../providers/types.ts";

export interface Route {
  readonly provider: ProviderId;
  /** The function that `call` is an endpoint of, such as `/byok`; empty if `call` is a function of its own. */
  readonly mount: string;
  /** The provider's own path, beginning with one of the provider's prefixes. */
  readonly path: string;
  /** The query with its question mark, without what is ours: `key`, which holds the caller's token, and the platform's; or empty. */
  readonly search: string;
  /** The address of all providers was asked: the path is one of those that the provider serves in OpenAI's form. */
  readonly isUnified?: true;
}

/** Encoded slashes, dots, backslashes, at-signs, percent signs and control characters: what a second decoder would read otherwise. */
const ambiguousPath = /\/\/|\\|@|%(?:2e|2f|5c|40|25|[01][0-9a-f]|7f)|%(?![0-9a-f]{2})/i;

/**
 * A model's name with encoded slashes, such as `openai%2Fgpt-oss-20b`. No piece is empty or begins with a dot, so a second decoder
 * finds a longer path and no other one.
 */
const modelWithSlashes = /(?<=\/models?\/)[\w~:-][\w.~:-]*(?:%2f[\w~:-][\w.~:-]*)+(?=\/|$)/gi;

/**
 * The parameters that stay behind: the access token, and the region that supabase-js asks for.
 * https://supabase.com/docs/guides/functions/regional-invocation
 */
const ownParameters = ["key", "forceFunctionRegion"];

/**
 * The route of a request to `call`.
 *
 * @throws ByokError `unknown_provider`, `unknown_path`
 */
export function routeOf(url: URL | null): Route {
  const { mount, name: provider, path } = partsOf(url);
  if (url === null || !isProviderId(provider)) throw new ByokError("unknown_provider");
  if (!isWithinApi(calledProviders[provider], path)) throw new ByokError("unknown_path");
  return { provider, mount, path, search: withoutOwn(url) };
}

/** Whether a path belongs to a provider's API, and every reader reads it in the same way. */
export function isWithinApi({ api }: Pick<Provider, "api">, path: string): boolean {
  const plain = path.includes("%2") ? path.replace(modelWithSlashes, "model") : path;
  return !ambiguousPath.test(plain) && api.prefixes.some((prefix) => path.startsWith(prefix));
}

/** The query without our own parameters; as it came, if it holds none. */
export function withoutOwn({ search }: URL): string {
  if (search === "") return search;
  const query = new URLSearchParams(search);
  if (!ownParameters.some((name) => query.has(name))) return search;
  for (const name of ownParameters) query.delete(name);
  return query.size === 0 ? "" : `?${query}`;
}

/** The provider that the URL of a request names, whatever else is wrong with it; null for none. */
export function providerOf(url: URL | null): ProviderId | null {
  const { name } = partsOf(url);
  return isProviderId(name) ? name : null;
}

/** The gateway's prefix may be cut off. */
const pathOfCall = /^(?:\/functions\/v1)?((?:\/(?!call\/)[^/]+)?)\/call\/([^/]+)(\/.*)?$/;

export interface CallPath {
  readonly mount: string;
  /** The name after `/call`: of a provider, or any other; empty where the URL is not below `call`. */
  readonly name: string;
  /** After that name, with its slash; or empty. */
  readonly path: string;
}

/** The parts of a URL of `call`. */
export function partsOf(url: URL | null): CallPath {
  const [, mount = "", name = "", path = ""] = pathOfCall.exec(url?.pathname ?? "") ?? [];
  return { mount, name, path };
}

/** The provider's address of a route: a constant origin and the checked path. */
export function addressOf(route: Route, origin: string): string {
  const url = new URL(`${origin}${route.path}${route.search}`);
  if (url.origin !== origin || url.pathname !== route.path) throw new ByokError("unknown_path");
  return url.href;
}
