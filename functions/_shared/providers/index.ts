/** The registry: to add a provider, write its adapter and name it here. */
import { anthropic } from "./anthropic.ts";
import { google } from "./google.ts";
import { groq } from "./groq.ts";
import { openai } from "./openai.ts";
import type { Adapter } from "./types.ts";

export const providers = { openai, anthropic, google, groq } satisfies Record<string, Adapter>;

export type ProviderId = keyof typeof providers;

export const providerIds = Object.keys(providers) as ProviderId[];

export function isProviderId(value: unknown): value is ProviderId {
  return typeof value === "string" && Object.hasOwn(providers, value);
}
