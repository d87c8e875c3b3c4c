/** Mistral AI. https://docs.mistral.ai/api */
import type { CompatibleRow } from "../openai-compatible.ts";

export const mistral = {
  number: 7,
  name: "Mistral",
  keys: {
    prefixes: [],
    variable: "MISTRAL_API_KEY",
    keysUrl: "https://console.mistral.ai/api-keys/",
  },
  origin: "https://api.mistral.ai",
  base: "/v1",
  also: { paths: ["/embeddings"], url: "https://docs.mistral.ai/api/", seen: "2026-11-26" },
  listing: "needs_key",
  check: {
    chatField: { path: "capabilities.completion_chat", value: "true" },
    cannotChat: "embed|moderation|ocr|transcribe|tts|voxtral",
    cheapest: ["ministral-3b", "ministral", "small|nemo", "medium"],
  },
  // The second is its gateway's, which looks at the key first.
  errorForms: [{ message: "message", type: "type" }, { message: "message", code: "request_id" }, { message: "detail" }],
  models: {
    url: "https://github.com/anomalyco/models.dev/tree/f3fc692299671838c7c65fd8126bf84d81a2e817/providers/mistral/models",
    seen: "2026-11-26",
    chat: ["ministral-3b-latest", "ministral-8b-latest", "mistral-small-latest"],
  },
  documentation: [
    { url: "https://docs.mistral.ai/getting-started/models/", seen: "2026-11-26" },
    {
      url: "https://github.com/vercel/ai/blob/ed857f50f112e23930b0c2dd8d532cc8bebbc911/packages/mistral/src/mistral-error.ts",
      seen: "2026-11-26",
    },
    { url: "https://github.com/nextcloud/integration_openai/issues/332", seen: "2026-11-26" },
    { url: "https://github.com/cline/cline/issues/1734", seen: "2026-11-26" },
  ],
} as const satisfies CompatibleRow;
