/** Cohere, by its compatible endpoint. https://docs.cohere.com/docs/compatibility-api */
import type { CompatibleRow } from "../openai-compatible.ts";

export const cohere = {
  number: 14,
  name: "Cohere",
  keys: {
    prefixes: [],
    variable: "COHERE_API_KEY",
    keysUrl: "https://dashboard.cohere.com/api-keys",
    billingUrl: "https://dashboard.cohere.com/billing",
  },
  origin: "https://api.cohere.ai",
  base: "/compatibility/v1",
  also: { paths: ["/embeddings"], url: "https://docs.cohere.com/docs/compatibility-api", seen: "2026-11-26" },
  listing: "none",
  errorForms: [{ message: "message" }],
  models: {
    url: "https://github.com/anomalyco/models.dev/tree/f3fc692299671838c7c65fd8126bf84d81a2e817/providers/cohere/models",
    seen: "2026-11-26",
    chat: ["command-r7b-12-2024", "command-a-03-2025", "command-a-plus-05-2026"],
  },
  documentation: [
    { url: "https://docs.cohere.com/docs/compatibility-api", seen: "2026-11-26" },
    { url: "https://docs.cohere.com/reference/errors", seen: "2026-11-26" },
    { url: "https://github.com/cohere-ai/cohere-toolkit/issues/857", seen: "2026-11-26" },
  ],
  sources: {
    errors: { url: "https://docs.cohere.com/reference/errors", seen: "2026-11-26" },
  },
  answers: [
    { words: "^Maximum billing reached", verdict: "no_credit", because: "spend_limit_reached", source: "errors" },
    { words: "add or update your payment method", verdict: "no_credit", because: "billing_inactive", source: "errors" },
    {
      words: "^(?:finetuned )?model .{0,100}not found",
      verdict: null,
      because: "model_not_allowed",
      ofModel: true,
      source: "errors",
    },
  ],
} as const satisfies CompatibleRow;
