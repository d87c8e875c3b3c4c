/** What users are told about each provider. An adopter who serves others adds them here. */
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
export const providers: readonly ProviderInfo[] = [
  {
    id: "openai",
    name: "OpenAI",
    keysUrl: "https://platform.openai.com/api-keys",
    billingUrl: "https://platform.openai.com/settings/organization/billing",
    prefixes: ["sk-"],
  },
  {
    id: "anthropic",
    name: "Anthropic",
    keysUrl: "https://console.anthropic.com/settings/keys",
    billingUrl: "https://console.anthropic.com/settings/billing",
    prefixes: ["sk-ant-"],
  },
  {
    id: "google",
    name: "Google AI",
    keysUrl: "https://aistudio.google.com/apikey",
    billingUrl: "https://aistudio.google.com/usage",
    prefixes: ["AIza", "AQ."],
  },
  {
    id: "groq",
    name: "Groq",
    keysUrl: "https://console.groq.com/keys",
    billingUrl: "https://console.groq.com/settings/billing",
    prefixes: ["gsk_"],
  },
];

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
