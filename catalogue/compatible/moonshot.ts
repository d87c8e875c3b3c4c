/** Moonshot AI, which makes Kimi. https://platform.kimi.ai/docs/overview */
import type { CompatibleRow } from "../openai-compatible.ts";

export const moonshot = {
  number: 12,
  name: "Moonshot AI",
  keys: {
    prefixes: [],
    variable: "MOONSHOT_API_KEY",
    keysUrl: "https://platform.moonshot.ai/",
  },
  origin: "https://api.moonshot.ai",
  base: "/v1",
  listing: "needs_key",
  check: { cheapest: ["-8k$", "turbo|highspeed", "^kimi-k2", "^moonshot"] },
  models: {
    url: "https://github.com/vercel/ai/blob/ed857f50f112e23930b0c2dd8d532cc8bebbc911/packages/moonshotai/src/moonshotai-chat-options.ts",
    seen: "2026-11-26",
    chat: ["moonshot-v1-8k", "kimi-k2.6", "kimi-k3"],
  },
  documentation: [
    { url: "https://www.kimi.com/help/kimi-api/api-overview", seen: "2026-11-26" },
    {
      url: "https://raw.githubusercontent.com/juspay/neurolink/master/docs/getting-started/providers/moonshot-ai.md",
      seen: "2026-11-26",
    },
    { url: "https://github.com/sigoden/aichat/issues/1469", seen: "2026-11-26" },
  ],
  sources: {
    quota: { url: "https://github.com/MoonshotAI/Kimi-K2/issues/5", seen: "2026-11-26" },
    balance: { url: "https://github.com/continuedev/continue/issues/11443", seen: "2026-11-26" },
    missing: { url: "https://github.com/langgenius/dify/issues/39778", seen: "2026-11-26" },
  },
  answers: [
    { type: "exceeded_current_quota_error", verdict: "no_credit", because: "out_of_credit", source: "quota" },
    {
      words: "suspended due to insufficient balance",
      verdict: "no_credit",
      because: "out_of_credit",
      source: "balance",
    },
    {
      type: "resource_not_found_error",
      verdict: null,
      because: "model_not_allowed",
      ofModel: true,
      source: "missing",
    },
  ],
} as const satisfies CompatibleRow;
