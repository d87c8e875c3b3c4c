import type { ProviderId } from "../../../functions/_shared/providers/index.ts";

/** The providers with an API, an SDK or an offer of their own. Suites that take long run over these, not over every row. */
export const mainProviders = ["openai", "anthropic", "google", "groq"] as const satisfies readonly ProviderId[];

export type MainProvider = (typeof mainProviders)[number];
