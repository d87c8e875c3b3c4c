/** Groq. https://console.groq.com/docs/api-reference */
import type { Provider } from "./types.ts";

export const groq = {
  number: 4,
  name: "Groq",
  keys: {
    prefixes: ["gsk_"],
    newest: "gsk_",
    variable: "GROQ_API_KEY",
    keysUrl: "https://console.groq.com/keys",
    billingUrl: "https://console.groq.com/settings/billing",
  },
  sdkPaths: { sdk: "", aiSdk: "/openai/v1" },
  api: {
    dialect: "openai",
    origin: "https://api.groq.com",
    prefixes: ["/openai/v1/"],
    authentication: { header: "authorization", before: "Bearer " },
    headers: {},
    features: { prefix: "groq-", url: "https://console.groq.com/docs/changelog/compound", seen: "2026-11-26" },
    compatible: {
      base: "/openai/v1",
      paths: ["/chat/completions", "/responses"],
      url: "https://console.groq.com/docs/responses-api",
      seen: "2026-11-26",
    },
    generation: "/openai/v1/chat/completions",
  },
  check: {
    listing: "/openai/v1/models",
    cannotChat: "embed|guard|orpheus|playai|speech|transcri|tts|whisper",
    cheapest: ["gpt-oss-20b", "instant|-[1-9]b\\b", "^(?!groq/)(?!.*120b)", "^(?!groq/)"],
  },
  models: {
    url: "https://console.groq.com/docs/models",
    seen: "2026-11-25",
    chat: ["openai/gpt-oss-20b", "openai/gpt-oss-120b", "qwen/qwen3.6-27b", "groq/compound-mini", "groq/compound"],
    other: ["whisper-large-v3", "whisper-large-v3-turbo", "meta-llama/llama-prompt-guard-2-86m"],
  },
  sources: {
    errors: { url: "https://console.groq.com/docs/errors", seen: "2026-11-23" },
    spend: { url: "https://console.groq.com/docs/spend-limits", seen: "2026-11-23" },
    models: { url: "https://console.groq.com/docs/model-permissions", seen: "2026-11-23" },
    restricted: {
      url: "https://huggingface.co/spaces/suhail1399/Load_Balancing_App/discussions/1",
      seen: "2026-11-25",
    },
    terms: { url: "https://github.com/langflow-ai/langflow/issues/11120", seen: "2026-11-25" },
    decommissioned: { url: "https://github.com/valentinfrlch/ha-llmvision/issues/311", seen: "2026-11-25" },
  },
  answers: [
    { code: "blocked_api_access", verdict: "no_credit", because: "spend_limit_reached", source: "spend" },
    { code: "organization_restricted", verdict: "rejected", because: "account_disabled", source: "restricted" },
    {
      code: "model_permission_blocked_(?:org|project)",
      verdict: "restricted",
      because: "model_not_allowed",
      ofModel: true,
      source: "models",
    },
    {
      code: "model_terms_required",
      verdict: "restricted",
      because: "terms_not_accepted",
      ofModel: true,
      source: "terms",
    },
    { code: "model_not_found", verdict: null, because: "model_not_allowed", ofModel: true, source: "errors" },
    {
      code: "model_decommissioned",
      verdict: null,
      because: "model_not_allowed",
      ofModel: true,
      source: "decommissioned",
    },
    { words: "does not support chat completions", verdict: null, ofModel: true, source: "errors" },
    {
      status: 403,
      words: "check your network settings",
      form: "any",
      verdict: "unverified",
      because: "refused_at_edge",
      source: "errors",
    },
    { status: 498, form: "any", verdict: "rate_limited", source: "errors" },
  ],
} as const satisfies Provider;
