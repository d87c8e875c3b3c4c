/** Facts about the providers for a page. */
import { offers } from "../../../catalogue/offers/index.ts";
import type { Env } from "../env.ts";
import { providerIds, providers } from "./index.ts";
import type { ListedProvider } from "./types.ts";

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
