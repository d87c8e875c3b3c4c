/** The page's view of the providers that the server lists. */
import type { Provider } from "../client/types.ts";

/** The provider whose keys begin like this text, by the longest prefix; null when none does. */
export function looksLike(text: string, providers: readonly Provider[]): Provider | null {
  const matches = providers.flatMap((provider) =>
    provider.key_prefixes.filter((prefix) => text.startsWith(prefix)).map((prefix) => ({ provider, prefix })),
  );
  matches.sort((a, b) => b.prefix.length - a.prefix.length);
  return matches[0]?.provider ?? null;
}

/** Two letters in the place of a logo: `OR` for OpenRouter, `TA` for Together AI, `GR` for Groq. */
export function monogramOf(name: string): string {
  const [first = "", second] = name.match(/[A-Z]?[a-z]+|[A-Z]+/g) ?? [name];
  return (second ? first.charAt(0) + second.charAt(0) : first.slice(0, 2)).toUpperCase();
}

const list = new Intl.ListFormat("en", { type: "conjunction" });

/** `OpenAI, Anthropic, and Groq` */
export function namesOf(some: readonly Provider[]): string {
  return list.format(some.map(({ name }) => name));
}
