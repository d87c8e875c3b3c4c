/** OpenAI. https://platform.openai.com/docs/api-reference */
import type { Provider } from "./types.ts";

export const openai = {
  number: 1,
  name: "OpenAI",
  keys: {
    prefixes: ["sk-"],
    newest: "sk-proj-",
    unsupported: [
      {
        prefix: "sk-admin-",
        message: "This is an OpenAI admin key. Make a project key instead: admin keys cannot run models.",
      },
    ],
    variable: "OPENAI_API_KEY",
    keysUrl: "https://platform.openai.com/api-keys",
    billingUrl: "https://platform.openai.com/settings/organization/billing",
  },
  sdkPaths: { sdk: "/v1", aiSdk: "/v1" },
  api: {
    dialect: "openai",
    origin: "https://api.openai.com",
    prefixes: ["/v1/"],
    authentication: { header: "authorization", before: "Bearer " },
    headers: {},
    // The organization and the project are the account's own; a key of a user may belong to several.
    features: {
      prefix: "openai-",
      url: "https://developers.openai.com/api/reference/overview#authentication",
      seen: "2026-11-26",
    },
    compatible: {
      base: "/v1",
      paths: ["/chat/completions", "/responses", "/embeddings"],
      url: "https://developers.openai.com/api/reference/overview",
      seen: "2026-11-26",
    },
    generation: "/v1/chat/completions",
    responses: "/v1/responses",
    ephemeralSecrets: "/v1/realtime/client_secrets",
  },
  check: {
    listing: "/v1/models",
    // The name that a customer gives a fine-tuned model stands behind a colon, and says nothing.
    cannotChat:
      "^(?:ft:)?[^:]*(?:audio|babbage|computer-use|dall-e|davinci|deep-research|embedding|image|instruct|live|moderation|realtime|search|sora|speech|transcribe|translate|tts|video|voice|whisper)",
    responsesOnly: "^(?:ft:)?[^:]*(?:codex|-pro(?![a-z]))",
    cheapest: [
      "^(?:ft:)?[^:]*nano",
      "^(?:ft:)?[^:]*luna",
      "^(?:ft:)?[^:]*mini",
      "^gpt-3\\.5",
      "^(?:ft:)?[^:]*terra",
      "^(?!.*(?:codex|-pro(?![a-z])))(?:ft:)?gpt-",
      "^(?!.*(?:codex|-pro(?![a-z])))",
    ],
  },
  models: {
    url: "https://developers.openai.com/api/docs/deprecations",
    seen: "2026-11-25",
    chat: [
      "gpt-5.4-nano",
      "gpt-6-luna",
      "gpt-5.4-mini",
      "gpt-5.6-luna",
      "gpt-4.1-mini",
      "gpt-6.1-terra",
      "gpt-5.4-pro",
    ],
    other: [
      "text-embedding-3-small",
      "text-embedding-3-large",
      "gpt-4o-mini-tts",
      "whisper-1",
      "omni-moderation-latest",
    ],
  },
  sources: {
    errors: { url: "https://developers.openai.com/api/docs/guides/error-codes", seen: "2026-11-25" },
    spend: {
      url: "https://help.openai.com/en/articles/6614457-troubleshooting-api-usage-and-spend-limits",
      seen: "2026-11-23",
    },
    residency: { url: "https://developers.openai.com/api/docs/guides/your-data", seen: "2026-11-25" },
    deactivated: { url: "https://github.com/nat/openplayground/issues/143", seen: "2026-11-25" },
    terminated: { url: "https://github.com/ChatGPTNextWeb/NextChat/issues/1719", seen: "2026-11-25" },
    responses: { url: "https://github.com/pgadmin-org/pgadmin4/issues/9795", seen: "2026-11-25" },
    codex: { url: "https://github.com/micz/ThunderAI/issues/570", seen: "2026-11-25" },
    limit: { url: "https://github.com/openai/openai-python/pull/3182", seen: "2026-11-25" },
  },
  answers: [
    { code: "incorrect_hostname", verdict: "restricted", because: "other_region", source: "residency" },
    { words: "incorrect regional hostname", verdict: "restricted", because: "other_region", source: "residency" },
    {
      code: "unsupported_country_region_territory",
      verdict: "unverified",
      because: "not_in_this_country",
      source: "errors",
    },
    {
      words: "does not match the configured IP allowlist|IP not authorized",
      verdict: "restricted",
      because: "network_not_allowed",
      source: "errors",
    },
    { code: "billing_not_active", verdict: "no_credit", because: "billing_inactive", source: "errors" },
    { type: "billing_not_active", verdict: "no_credit", because: "billing_inactive", source: "errors" },
    {
      code: "billing_hard_limit_reached|organization_usage_limit_exceeded|(?:organization|project)_spend_limit_exceeded",
      verdict: "no_credit",
      because: "spend_limit_reached",
      source: "spend",
    },
    {
      code: "insufficient_quota|credit_balance_exhausted",
      verdict: "no_credit",
      because: "out_of_credit",
      source: "spend",
    },
    { type: "insufficient_quota", verdict: "no_credit", because: "out_of_credit", source: "spend" },
    {
      code: "account_deactivated",
      verdict: "rejected",
      because: "account_disabled",
      source: "deactivated",
    },
    { type: "access_terminated", verdict: "rejected", because: "account_disabled", source: "terminated" },
    {
      words: "must be a member of an organization",
      verdict: "rejected",
      because: "membership_needed",
      source: "errors",
    },
    {
      words: "organization must be verified",
      verdict: "restricted",
      because: "verification_needed",
      ofModel: true,
      source: "errors",
    },
    { code: "missing_scope", verdict: "restricted", because: "missing_scope", source: "errors" },
    {
      words: "missing scopes|insufficient permissions",
      form: "any",
      verdict: "restricted",
      because: "missing_scope",
      source: "errors",
    },
    {
      status: 403,
      code: "model_not_found",
      verdict: "restricted",
      because: "model_not_allowed",
      ofModel: true,
      source: "errors",
    },
    { code: "model_not_found", verdict: null, because: "model_not_allowed", ofModel: true, source: "errors" },
    { words: "only supported in v1/responses", verdict: null, ofModel: true, elsewhere: true, source: "responses" },
    { words: "not a chat model", verdict: null, ofModel: true, elsewhere: true, source: "codex" },
    // A model that reasons found no room for an answer in one token: it ran.
    { words: "max_tokens or model output limit was reached", verdict: "verified", source: "limit" },
  ],
} as const satisfies Provider;
