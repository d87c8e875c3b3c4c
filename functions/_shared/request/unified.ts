/**
 * `/byok/call/v1/<OpenAI's path>`: one address for all providers. The model's prefix says which provider is asked, at its own endpoint in
 * OpenAI's form; nothing is translated.
 */
import type { CompatiblePath } from "../../../catalogue/types.ts";
import { ByokError } from "../errors.ts";
import { calledProviders, isProviderId, type ProviderId } from "../providers/called.ts";
import type { CalledProvider } from "../providers/types.ts";
import { partsOf, type Route, withoutOwn } from "./route.ts";

/** The methods of each path. */
const methods: Readonly<Record<CompatiblePath | "/models", string>> = {
  "/chat/completions": "POST",
  "/responses": "POST",
  "/embeddings": "POST",
  "/models": "GET",
};
export type UnifiedPath = keyof typeof methods;

/** The path after `/call/v1`, whatever it is; null for a URL that is not below it. */
export function pathBelowUnified(url: URL | null): string | null {
  const { name, path } = partsOf(url);
  return name === "v1" ? path : null;
}

/** @throws ByokError `unknown_path`, `method_not_allowed` */
export function requireUnified(path: string, method: string): UnifiedPath {
  if (!Object.hasOwn(methods, path)) {
    throw new ByokError("unknown_path", {
      message: `The address of all providers has ${Object.keys(methods).join(", ")}. Other paths are below call/<provider>.`,
    });
  }
  if (methods[path as UnifiedPath] !== method) throw new ByokError("method_not_allowed");
  return path as UnifiedPath;
}

/**
 * The route of a call whose model begins with this prefix.
 *
 * @throws ByokError `unknown_provider`; `unknown_path` where the provider has no such endpoint in OpenAI's form
 */
export function routeByPrefix(prefix: string, path: CompatiblePath, url: URL): Route {
  if (!isProviderId(prefix)) {
    throw new ByokError("unknown_provider", {
      message: "There is no provider of the name that stands before the first slash of the model.",
      details: { field: "model" },
    });
  }
  const { name, api } = calledProviders[prefix];
  if (!api.compatible?.paths.includes(path)) {
    throw new ByokError("unknown_path", { message: `${name} has no ${path} in OpenAI's form. Use call/${prefix}.` });
  }
  const { mount } = partsOf(url);
  return { provider: prefix, mount, path: `${api.compatible.base}${path}`, search: withoutOwn(url), isUnified: true };
}

const compatible = new WeakMap<CalledProvider, CalledProvider>();

/**
 * The provider as a route meets it: at its endpoints in OpenAI's form it may take the key elsewhere, and phrase errors otherwise.
 *
 * @param rows with as much of a provider as is needed
 */
export function providerAt<Row extends CalledProvider>(
  { provider, isUnified }: Pick<Route, "provider" | "isUnified">,
  rows: Readonly<Record<ProviderId, Row>>,
): Row {
  const row = rows[provider];
  if (!isUnified || !row.api.compatible) return row;
  const known = compatible.get(row);
  if (known) return known as Row;
  const { authentication = row.api.authentication, dialect = row.api.dialect } = row.api.compatible;
  const met = { ...row, api: { ...row.api, authentication, dialect } };
  compatible.set(row, met);
  return met;
}
