/** Z.ai, which makes GLM. https://docs.z.ai/api-reference/introduction */
import type { CompatibleRow } from "../openai-compatible.ts";

export const zai = {
  number: 13,
  name: "Z.ai",
  keys: {
    prefixes: [],
    variable: "ZHIPU_API_KEY",
    keysUrl: "https://z.ai/manage-apikey/apikey-list",
  },
  origin: "https://api.z.ai",
  base: "/api/paas/v4",
  listing: "needs_key",
  // Flash costs nothing, and would answer an account without credit.
  check: { cheapest: ["flashx$", "-air$", "turbo", "^(?!.*flash)"] },
  models: {
    url: "https://github.com/anomalyco/models.dev/tree/f3fc692299671838c7c65fd8126bf84d81a2e817/providers/zai/models",
    seen: "2026-11-26",
    chat: ["glm-4.7-flashx", "glm-4.5-air", "glm-4.7"],
  },
  documentation: [
    {
      url: "https://github.com/anomalyco/models.dev/tree/f3fc692299671838c7c65fd8126bf84d81a2e817/providers/zai/provider.toml",
      seen: "2026-11-26",
    },
    { url: "https://docs.z.ai/api-reference/api-code", seen: "2026-11-26" },
    {
      url: "https://raw.githubusercontent.com/juspay/neurolink/master/docs/getting-started/providers/z-ai.md",
      seen: "2026-11-26",
    },
    {
      url: "https://github.com/continuedev/continue/blob/main/gui/src/pages/AddNewModel/configs/providers.ts",
      seen: "2026-11-26",
    },
  ],
  sources: {
    balance: { url: "https://github.com/zai-org/GLM-5/issues/148", seen: "2026-11-26" },
  },
  answers: [{ code: "1113", verdict: "no_credit", because: "out_of_credit", source: "balance" }],
} as const satisfies CompatibleRow;
