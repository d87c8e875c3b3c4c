/** The providers of which credits buy something. By itself, since a page asks which they are, and the offers are a lot to load. */
export const offering = ["openai", "anthropic", "google", "groq", "deepseek"] as const;

export type OfferingProvider = (typeof offering)[number];

export function hasOffers(provider: string): provider is OfferingProvider {
  return (offering as readonly string[]).includes(provider);
}
