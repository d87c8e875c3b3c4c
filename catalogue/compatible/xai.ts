/** xAI. https://docs.x.ai/docs/api-reference */
import type { CompatibleRow } from "../openai-compatible.ts";

export const xai = {
  number: 6,
  name: "xAI",
  keys: {
    prefixes: ["xai-"],
    newest: "xai-",
    variable: "XAI_API_KEY",
    keysUrl: "https://console.x.ai/",
  },
  origin: "https://api.x.ai",
  base: "/v1",
  also: {
    paths: ["/responses"],
    url: "https://docs.x.ai/developers/model-capabilities/text/comparison",
    seen: "2026-11-26",
  },
  listing: "needs_key",
  check: {
    cannotChat: "imagine|multi-agent|speech|tts|video|voice",
    cheapest: ["build", "fast|mini", "non-reasoning", "^grok-4\\.3"],
  },
  limitField: "max_completion_tokens",
  errorForms: [{ message: "error", code: "code" }],
  models: {
    url: "https://github.com/anomalyco/models.dev/tree/f3fc692299671838c7c65fd8126bf84d81a2e817/providers/xai/models",
    seen: "2026-11-26",
    chat: ["grok-build-0.1", "grok-4.3", "grok-4.20-0309-non-reasoning"],
  },
  documentation: [
    { url: "https://docs.x.ai/developers/debugging", seen: "2026-11-26" },
    {
      url: "https://github.com/vercel/ai/blob/ed857f50f112e23930b0c2dd8d532cc8bebbc911/packages/xai/src/xai-provider.ts",
      seen: "2026-11-26",
    },
    { url: "https://github.com/can1357/oh-my-pi/pull/8333", seen: "2026-11-26" },
    {
      url: "https://github.com/juspay/neurolink/blob/11911999fd723159e243e64fc31810d9cdc8feb4/docs/provider-integration/SAFETY-PRIMITIVES.md",
      seen: "2026-11-26",
    },
  ],
  sources: {
    wrong: { url: "https://github.com/continuedev/continue/issues/10778", seen: "2026-11-26" },
    unpaid: { url: "https://github.com/griptape-ai/griptape-nodes-engine/issues/1079", seen: "2026-11-26" },
    spent: { url: "https://github.com/continuedev/continue/issues/10373", seen: "2026-11-26" },
  },
  answers: [
    { status: 400, words: "^Incorrect API key", verdict: "rejected", source: "wrong" },
    { words: "doesn't have any credits", verdict: "no_credit", because: "out_of_credit", source: "unpaid" },
    {
      words: "used all available credits or reached its monthly spending limit",
      verdict: "no_credit",
      because: "spend_limit_reached",
      source: "spent",
    },
  ],
} as const satisfies CompatibleRow;
