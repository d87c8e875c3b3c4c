/** Facts about the providers for a page. */
import { offers } from "../../../catalogue/offers/index.ts";
import type { Env } from "../env.ts";
import { type ProviderId, providerIds, providers } from "./index.ts";

export interface ListedProvider {
  readonly id: ProviderId;
  /** As users know it. */
  readonly name: string;
  /** Whether keys for it can be saved and used. A key of a provider that is not offered any more can still be removed. */
  readonly enabled: boolean;
  /** Whether credits buy anything of it. */
  readonly on_credits: boolean;
  /** Where users make and revoke keys. */
  readonly keys_url: string;
  /** Where users add credit; null if no page for it is known. */
  readonly billing_url: string | null;
  /** Beginnings of keys at present; empty if they are not known. They decide nothing: formats change. */
  readonly key_prefixes: readonly string[];
  /** The rest of the base URL for the provider's own SDK, after `call/<id>`. */
  readonly sdk_path: string;
  /** The same for its package of the AI SDK. */
  readonly ai_sdk_path: string;
}

/** All providers: those that are offered in the operator's order, then the others. */
export function listProviders({ offered, platformKeys }: Pick<Env, "offered" | "platformKeys">): ListedProvider[] {
  const others = providerIds.filter((id) => !offered.includes(id));
  return [...offered, ...others].map((id) => {
    const { name, keys, sdkPaths } = providers[id];
    return {
      id,
      name,
      enabled: offered.includes(id),
      on_credits: offered.includes(id) && Object.hasOwn(offers, id) && platformKeys[id] !== undefined,
      keys_url: keys.keysUrl,
      billing_url: keys.billingUrl ?? null,
      key_prefixes: keys.prefixes,
      sdk_path: sdkPaths.sdk,
      ai_sdk_path: sdkPaths.aiSdk,
    };
  });
}
