/** Together AI. https://docs.together.ai/reference */
import type { CompatibleRow } from "../openai-compatible.ts";

export const together = {
  number: 9,
  name: "Together AI",
  keys: {
    prefixes: ["tgp_"],
    newest: "tgp_",
    variable: "TOGETHER_API_KEY",
    keysUrl: "https://api.together.xyz/settings/api-keys",
  },
  origin: "https://api.together.ai",
  base: "/v1",
  also: {
    paths: ["/embeddings"],
    url: "https://docs.together.ai/docs/inference/openai-compatibility.md",
    seen: "2026-11-26",
  },
  listing: "needs_key",
  check: {
    chatField: { path: "type", value: "chat" },
    // Only some of the listed models are served without a deployment of one's own.
    cheapest: ["^openai/gpt-oss-20b$", "^openai/gpt-oss-120b$", "lite|turbo"],
  },
  models: {
    url: "https://docs.together.ai/docs/inference/openai-compatibility.md",
    seen: "2026-11-26",
    chat: ["openai/gpt-oss-20b", "openai/gpt-oss-120b"],
  },
  documentation: [
    { url: "https://docs.together.ai/docs/inference/openai-compatibility.md", seen: "2026-11-26" },
    {
      url: "https://github.com/togethercomputer/together-typescript/blob/54b9a0a67c62b8e26049ea3b963b41200c816417/src/resources/models.ts",
      seen: "2026-11-26",
    },
    { url: "https://github.com/can1357/oh-my-pi/pull/8333", seen: "2026-11-26" },
    { url: "https://github.com/harshitv804/LawGPT/issues/4", seen: "2026-11-26" },
    {
      url: "https://github.com/juspay/neurolink/blob/11911999fd723159e243e64fc31810d9cdc8feb4/docs/provider-integration/SAFETY-PRIMITIVES.md",
      seen: "2026-11-26",
    },
  ],
  sources: {
    errors: { url: "https://docs.together.ai/docs/error-codes", seen: "2026-11-26" },
    unavailable: { url: "https://github.com/can1357/oh-my-pi/pull/8333", seen: "2026-11-26" },
  },
  answers: [
    { status: 402, form: "any", verdict: "no_credit", because: "spend_limit_reached", source: "errors" },
    // A prompt that is too long, as the provider documents it.
    { status: 403, verdict: null, source: "errors" },
    { code: "model_not_available", verdict: null, because: "model_not_allowed", ofModel: true, source: "unavailable" },
  ],
} as const satisfies CompatibleRow;
