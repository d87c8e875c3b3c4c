/** DeepSeek. https://api-docs.deepseek.com */
import type { CompatibleRow } from "../openai-compatible.ts";

export const deepseek = {
  number: 8,
  name: "DeepSeek",
  keys: {
    prefixes: [],
    variable: "DEEPSEEK_API_KEY",
    keysUrl: "https://platform.deepseek.com/api_keys",
    billingUrl: "https://platform.deepseek.com/top_up",
  },
  origin: "https://api.deepseek.com",
  base: "/v1",
  listing: "needs_key",
  models: {
    url: "https://github.com/VladoIvankovic/Codeep/releases/tag/v3.3.0",
    seen: "2026-11-26",
    chat: ["deepseek-flash", "deepseek-v4-flash", "deepseek-v4-pro"],
  },
  documentation: [
    { url: "https://api-docs.deepseek.com/quick_start/error_codes", seen: "2026-11-26" },
    {
      url: "https://github.com/Portkey-AI/gateway/blob/669825cbe89ee51569918b8f78a9db486fd69dd4/src/providers/deepseek/api.ts",
      seen: "2026-11-26",
    },
    { url: "https://github.com/can1357/oh-my-pi/pull/8333", seen: "2026-11-26" },
  ],
} as const satisfies CompatibleRow;
