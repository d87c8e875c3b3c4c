/** OpenRouter. https://openrouter.ai/docs/api/reference/overview */
import type { CompatibleRow } from "../openai-compatible.ts";

export const openrouter = {
  number: 5,
  name: "OpenRouter",
  keys: {
    prefixes: ["sk-or-"],
    newest: "sk-or-v1-",
    connection: {
      authorizePath: "/auth",
      exchangePath: "/api/v1/auth/keys",
      url: "https://openrouter.ai/docs/use-cases/oauth-pkce",
      seen: "2026-11-26",
    },
    variable: "OPENROUTER_API_KEY",
    keysUrl: "https://openrouter.ai/settings/keys",
    billingUrl: "https://openrouter.ai/settings/credits",
  },
  origin: "https://openrouter.ai",
  base: "/api/v1",
  also: {
    paths: ["/responses", "/embeddings"],
    url: "https://openrouter.ai/docs/api_reference/responses/basic-usage",
    seen: "2026-11-26",
  },
  listing: "public",
  check: {
    cannotChat: "audio|deep-research|embed|guard|image|safeguard|safety|search",
    // Models that are free answer accounts without credit, too.
    cheapest: ["^openai/gpt-oss-20b$", "^(?!.*:free)(?=.*(?:nano|lite|mini|flash|small))", "^(?!.*:free)"],
  },
  errorForms: [{ message: "error.message", code: "error.code" }],
  models: {
    url: "https://github.com/anomalyco/models.dev/tree/f3fc692299671838c7c65fd8126bf84d81a2e817/providers/openrouter/models",
    seen: "2026-11-26",
    chat: ["openai/gpt-oss-20b", "openai/gpt-5-nano", "openai/gpt-4.1-nano"],
  },
  documentation: [
    { url: "https://openrouter.ai/docs/api/reference/errors-and-debugging", seen: "2026-11-26" },
    {
      url: "https://github.com/anomalyco/models.dev/tree/f3fc692299671838c7c65fd8126bf84d81a2e817/providers/openrouter/provider.toml",
      seen: "2026-11-26",
    },
    { url: "https://github.com/musistudio/claude-code-router/issues/227", seen: "2026-11-26" },
  ],
  sources: {
    errors: { url: "https://openrouter.ai/docs/api/reference/errors-and-debugging", seen: "2026-11-26" },
    limit: { url: "https://github.com/Aider-AI/aider/issues/2143", seen: "2026-11-26" },
    keyLimit: { url: "https://github.com/RooCodeInc/Roo-Code/issues/515", seen: "2026-11-26" },
  },
  answers: [
    { words: "key credit limit reached", verdict: "no_credit", because: "spend_limit_reached", source: "limit" },
    {
      status: 403,
      words: "^Key limit exceeded",
      verdict: "no_credit",
      because: "spend_limit_reached",
      source: "keyLimit",
    },
    // Moderation of what was asked, as the provider documents it.
    { status: 403, words: "moderation|flagged", verdict: null, source: "errors" },
  ],
} as const satisfies CompatibleRow;
