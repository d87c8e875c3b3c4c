/** The offers on credits, by provider id. A provider without an entry is served under BYOK alone. */
import { anthropicOffers } from "./anthropic.ts";
import { deepseekOffers } from "./compatible.ts";
import { googleOffers } from "./google.ts";
import { groqOffers } from "./groq.ts";
import { openaiOffers } from "./openai.ts";
import type { OfferingProvider } from "./providers.ts";
import type { Offer } from "./types.ts";

export const offers: Readonly<Record<string, readonly Offer[]>> = {
  openai: openaiOffers,
  anthropic: anthropicOffers,
  google: googleOffers,
  groq: groqOffers,
  deepseek: deepseekOffers,
} satisfies Record<OfferingProvider, readonly Offer[]>;
