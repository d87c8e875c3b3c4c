/** Facts about each provider for users, from the catalogue. */
import { catalogue } from "../catalogue/index.ts";
import type { Provider } from "../catalogue/types.ts";
import type { ProviderId } from "../client/types.ts";

export interface ProviderInfo {
  readonly id: ProviderId;
  readonly name: string;
  /** Where users make and revoke keys. */
  readonly keysUrl: string;
  /** Where users add credit. */
  readonly billingUrl: string;
  /** Beginnings of this provider's keys at present. They decide nothing: formats change. */
  readonly prefixes: readonly string[];
}

/** The first of the catalogue, in the order they are shown. */
export const providers: readonly ProviderInfo[] = Object.entries<Provider>(catalogue)
  .slice(0, 4)
  .map(
    ([
      id,
      {
        name,
        keys: { keysUrl, billingUrl = keysUrl, prefixes },
      },
    ]) => {
      return { id: id as ProviderId, name, keysUrl, billingUrl, prefixes };
    },
  );

/** The provider whose keys begin like this text, by the longest prefix; null when none does. */
export function looksLike(text: string): ProviderInfo | null {
  const matches = providers.flatMap((provider) =>
    provider.prefixes.filter((prefix) => text.startsWith(prefix)).map((prefix) => ({ provider, prefix })),
  );
  matches.sort((a, b) => b.prefix.length - a.prefix.length);
  return matches[0]?.provider ?? null;
}

const list = new Intl.ListFormat("en", { type: "conjunction" });

/** `OpenAI, Anthropic, and Groq` */
export function namesOf(some: readonly ProviderInfo[]): string {
  return list.format(some.map(({ name }) => name));
}
