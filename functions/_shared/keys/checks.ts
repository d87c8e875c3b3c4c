/** Asking providers about API keys. Only the endpoints that save and check keys do, so a call does without this. */
import { type AuthorizationGrant, exchangeCode } from "../providers/connection.ts";
import { type ProviderId, providers } from "../providers/index.ts";
import type { Finding, PlacedKey } from "../providers/types.ts";
import { checkKey } from "../providers/verification.ts";
import type { Services } from "../services.ts";

export interface Checks {
  /**
   * Asks a provider whether an API key works.
   *
   * @param options.oneToken false to list models only, whatever the setting
   */
  check(provider: ProviderId, key: PlacedKey, options?: { readonly oneToken: false }): Promise<Finding>;
  /** The API key that a provider makes for a user who agreed there. Throws as `exchangeCode`. */
  exchange(provider: ProviderId, grant: AuthorizationGrant): Promise<string>;
}

/** The services of an isolate, and with them these questions. */
export function withChecks(services: Services): Services & Checks {
  const { env, originOf } = services;
  return {
    ...services,
    check: (provider, { apiKey, place }, options) =>
      checkKey(providers[provider], apiKey, {
        origin: originOf(provider, place),
        timeout_ms: env.checkTimeout_ms,
        oneToken: options?.oneToken ?? env.oneTokenCheck,
      }),
    exchange: (provider, grant) =>
      exchangeCode(providers[provider], grant, { origin: originOf(provider, null), timeout_ms: env.checkTimeout_ms }),
  };
}
