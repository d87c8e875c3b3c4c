/** Cerebras. https://inference-docs.cerebras.ai/api-reference */
import type { CompatibleRow } from "../openai-compatible.ts";

export const cerebras = {
  number: 11,
  name: "Cerebras",
  keys: {
    prefixes: ["csk-"],
    newest: "csk-",
    variable: "CEREBRAS_API_KEY",
    keysUrl: "https://cloud.cerebras.ai/",
  },
  origin: "https://api.cerebras.ai",
  base: "/v1",
  listing: "needs_key",
  limitField: "max_completion_tokens",
  errorForms: [{ message: "message", code: "code", type: "type" }],
  models: {
    url: "https://github.com/vercel/ai/blob/ed857f50f112e23930b0c2dd8d532cc8bebbc911/packages/cerebras/src/cerebras-chat-options.ts",
    seen: "2026-11-26",
    chat: ["gemma-4-31b", "gpt-oss-120b", "zai-glm-4.7"],
  },
  documentation: [
    { url: "https://inference-docs.cerebras.ai/api-reference", seen: "2026-11-26" },
    { url: "https://inference-docs.cerebras.ai/support/error", seen: "2026-11-26" },
    {
      url: "https://github.com/betterleaks/betterleaks/blob/d03d8730d22e79cb4e374cd6f43e6bc3b9212c91/cmd/generate/config/rules/cerebras.go",
      seen: "2026-11-26",
    },
    { url: "https://github.com/nminaya/grammar-nazi-bot/issues/967", seen: "2026-11-26" },
  ],
} as const satisfies CompatibleRow;
