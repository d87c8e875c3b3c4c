/** Facts about the providers for a page. */
import { hasOffers } from "../../../catalogue/offers/providers.ts";
import type { Env } from "../env.ts";
import { providerIds, providers } from "./index.ts";
import type { ListedPlace, ListedProvider } from "../../../protocol/answers.ts";
import type { PlaceRule } from "./types.ts";

/** All providers: those that are offered in the operator's order, then the others. */
export function listProviders({
  offered,
  platformKeys,
  providerOrigins,
}: Pick<Env, "offered" | "platformKeys" | "providerOrigins">): ListedProvider[] {
  const others = providerIds.filter((id) => !offered.includes(id));
  return [...offered, ...others].map((id) => {
    const { name, keys, api, place, sdkPaths } = providers[id];
    const { connection } = keys;
    return {
      id,
      name,
      enabled: offered.includes(id),
      on_credits: offered.includes(id) && hasOffers(id) && platformKeys[id] !== undefined,
      keys_url: keys.keysUrl,
      connect_url: connection ? `${providerOrigins[id] ?? api.origin}${connection.authorizePath}` : null,
      billing_url: keys.billingUrl ?? null,
      key_prefixes: keys.prefixes,
      place: place ? listPlace(place) : null,
      sdk_path: sdkPaths.sdk,
      ai_sdk_path: sdkPaths.aiSdk,
    };
  });
}

function listPlace({ kind, isOptional, hint, example, known }: PlaceRule): ListedPlace {
  const choices = known ? Object.entries(known).map(([place, name]) => ({ place, name })) : null;
  return { kind, required: !isOptional, hint, example, choices };
}
