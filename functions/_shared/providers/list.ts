/** What a page is told about the providers. */
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
  /** What keys begin with at present; empty if it is not known. It decides nothing: formats change. */
  readonly key_prefixes: readonly string[];
  /** What follows `call/<id>` in a base URL of the provider's own SDK. */
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
