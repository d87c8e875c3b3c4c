/** API keys as providers take them. */
import type { CalledProvider, Provider } from "./types.ts";

/** The header that authenticates with an API key. */
export function authenticate({ api }: CalledProvider, apiKey: string): Record<string, string> {
  const { header, before } = api.authentication;
  return { [header]: `${before}${apiKey}` };
}

/** Why a key is of a kind that can never work here, such as an admin key; null if it may work. */
export function unsupportedKeyReason({ keys }: Provider, apiKey: string): string | null {
  return keys.unsupported?.find(({ prefix }) => apiKey.startsWith(prefix))?.message ?? null;
}
