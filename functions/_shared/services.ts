/** The services of the endpoints, made once for an isolate from its environment. */
import { originAt } from "../../catalogue/places.ts";
import { dataApi } from "./database/data-api.ts";
import { direct } from "./database/direct.ts";
import { createPriceList, type PriceList } from "./database/price-list.ts";
import type { Database } from "./database/types.ts";
import { type Env, readEnv } from "./env.ts";
import { ByokError } from "./errors.ts";
import { importKeyring, type Keyring } from "./crypto/keyring.ts";
import { type UserHash, userHashUnder } from "./crypto/user-hash.ts";
import { calledProviders, type ProviderId } from "./providers/called.ts";

export interface Services {
  readonly env: Env;
  readonly database: Database;
  readonly prices: PriceList;
  readonly keyring: Keyring;
  /** The name under which a provider knows the user whose call the platform pays. */
  readonly userHash: UserHash;
  /**
   * Refuses a provider that the operator does not offer, as if there were none.
   *
   * @throws ByokError `unknown_provider`
   */
  requireOffered(provider: ProviderId): void;
  /**
   * Where a provider is, for a key with this place: `https://host`.
   *
   * @throws RangeError for a place that a key of this provider cannot have
   */
  originOf(provider: ProviderId, place: string | null): string;
}

/** @throws Error when a setting is missing or malformed, so that the function does not boot. */
export async function openServices(): Promise<Services> {
  const env = readEnv();
  const database = openDatabase(env);
  const originOf = (provider: ProviderId, place: string | null) => {
    const origin = originAt(calledProviders[provider], place);
    const local = place === null ? undefined : env.providerOrigins[`${provider}/${place}`];
    return local ?? env.providerOrigins[provider] ?? origin;
  };
  return {
    env,
    database,
    prices: createPriceList(database),
    keyring: await importKeyring(env.masterKeys),
    userHash: userHashUnder(env.secretKey),
    requireOffered(provider) {
      if (!env.offered.includes(provider)) throw new ByokError("unknown_provider");
    },
    originOf,
  };
}

function openDatabase({ directDatabase, supabaseUrl, secretKey }: Env): Database {
  return directDatabase ? direct(directDatabase) : dataApi(supabaseUrl, secretKey);
}
