/** DeepInfra. https://deepinfra.com/docs/advanced/openai_api */
import type { CompatibleRow } from "../openai-compatible.ts";

export const deepinfra = {
  number: 17,
  name: "DeepInfra",
  keys: {
    prefixes: [],
    variable: "DEEPINFRA_API_KEY",
    keysUrl: "https://deepinfra.com/dash/api_keys",
  },
  origin: "https://api.deepinfra.com",
  base: "/v1/openai",
  also: { paths: ["/embeddings"], url: "https://deepinfra.com/docs/advanced/openai_api", seen: "2026-11-26" },
  listing: "public",
  errorForms: [{ message: "detail.error" }],
  models: {
    url: "https://github.com/anomalyco/models.dev/tree/f3fc692299671838c7c65fd8126bf84d81a2e817/providers/deepinfra/models",
    seen: "2026-11-26",
    chat: ["openai/gpt-oss-20b", "openai/gpt-oss-120b", "meta-llama/Llama-3.3-70B-Instruct-Turbo"],
  },
  documentation: [
    { url: "https://deepinfra.com/docs/advanced/openai_api", seen: "2026-11-26" },
    { url: "https://github.com/xtekky/gpt4free/issues/3446", seen: "2026-11-26" },
  ],
  sources: {
    unauthenticated: { url: "https://github.com/XInTheDark/raycast-g4f/issues/179", seen: "2026-11-26" },
  },
  answers: [{ status: 403, words: "^Not authenticated", verdict: "rejected", source: "unauthenticated" }],
} as const satisfies CompatibleRow;
