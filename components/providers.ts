/** What users are told about each provider, as the catalogue has it. */
import { catalogue } from "../catalogue/index.ts";
import type { ProviderId } from "../client/types.ts";

export interface ProviderInfo {
  readonly id: ProviderId;
  readonly name: string;
  /** Where users make and revoke keys. */
  readonly keysUrl: string;
  /** Where users add credit. */
  readonly billingUrl: string;
  /** What keys of this provider begin with at present. It decides nothing: formats change. */
  readonly prefixes: readonly string[];
}

/** In the order they are shown. */
export const providers: readonly ProviderInfo[] = Object.entries(catalogue).map(([id, { name, keys }]) => {
  return { id: id as ProviderId, name, keysUrl: keys.keysUrl, billingUrl: keys.billingUrl, prefixes: keys.prefixes };
});

/** The provider whose keys begin like this text, by the longest prefix; null when none does. */
export function looksLike(pasted: string): ProviderInfo | null {
  const text = pasted.trim();
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
