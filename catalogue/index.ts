/** The providers, in the order in which they are shown. */
import { anthropic } from "./anthropic.ts";
import { google } from "./google.ts";
import { groq } from "./groq.ts";
import { openai } from "./openai.ts";
import type { Provider } from "./types.ts";

export const catalogue = { openai, anthropic, google, groq } as const satisfies Record<string, Provider>;

export type ProviderId = keyof typeof catalogue;
