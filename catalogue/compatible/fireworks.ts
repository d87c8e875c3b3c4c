/** Fireworks AI. https://docs.fireworks.ai/api-reference */
import type { CompatibleRow } from "../openai-compatible.ts";

export const fireworks = {
  number: 10,
  name: "Fireworks AI",
  keys: {
    prefixes: ["fw_"],
    newest: "fw_",
    variable: "FIREWORKS_API_KEY",
    keysUrl: "https://fireworks.ai/account/api-keys",
    billingUrl: "https://fireworks.ai/account/billing",
  },
  origin: "https://api.fireworks.ai",
  base: "/inference/v1",
  also: {
    paths: ["/responses", "/embeddings"],
    url: "https://docs.fireworks.ai/guides/response-api",
    seen: "2026-11-26",
  },
  // There is one, and for some accounts it answers 500: https://github.com/can1357/oh-my-pi/issues/3219
  listing: "none",
  errorForms: [{ message: "error" }],
  models: {
    url: "https://github.com/anomalyco/models.dev/tree/f3fc692299671838c7c65fd8126bf84d81a2e817/providers/fireworks-ai/models",
    seen: "2026-11-26",
    chat: [
      "accounts/fireworks/models/gpt-oss-20b",
      "accounts/fireworks/models/gpt-oss-120b",
      "accounts/fireworks/models/deepseek-v4-flash",
    ],
  },
  documentation: [
    { url: "https://docs.fireworks.ai/guides/inference-error-codes", seen: "2026-11-26" },
    {
      url: "https://github.com/vercel/ai/blob/ed857f50f112e23930b0c2dd8d532cc8bebbc911/packages/fireworks/src/fireworks-provider.ts",
      seen: "2026-11-26",
    },
    {
      url: "https://github.com/juspay/neurolink/blob/11911999fd723159e243e64fc31810d9cdc8feb4/docs/getting-started/providers/fireworks.md",
      seen: "2026-11-26",
    },
    { url: "https://github.com/can1357/oh-my-pi/issues/3219", seen: "2026-11-26" },
  ],
  sources: {
    errors: { url: "https://docs.fireworks.ai/guides/inference-error-codes", seen: "2026-11-26" },
    suspended: { url: "https://github.com/pollinations/pollinations/issues/12136", seen: "2026-11-26" },
  },
  answers: [
    { status: 412, words: "suspended", verdict: "no_credit", because: "billing_inactive", source: "suspended" },
    { status: 403, verdict: "rejected", source: "errors" },
  ],
} as const satisfies CompatibleRow;
