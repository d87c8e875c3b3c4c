/** Google AI, the Gemini API. https://ai.google.dev/api */
import type { Provider } from "./types.ts";

export const google = {
  number: 3,
  name: "Google AI",
  keys: {
    prefixes: ["AQ.", "AIza"],
    newest: "AQ.",
    // Standard keys; those that are made today are auth keys.
    retired: { prefix: "AIza", url: "https://ai.google.dev/gemini-api/docs/api-key", seen: "2026-11-26" },
    variable: "GEMINI_API_KEY",
    keysUrl: "https://aistudio.google.com/apikey",
    billingUrl: "https://aistudio.google.com/usage",
  },
  sdkPaths: { sdk: "", aiSdk: "/v1beta" },
  api: {
    dialect: "google",
    origin: "https://generativelanguage.googleapis.com",
    prefixes: [
      ...["/v1beta/", "/v1/", "/v1alpha/"],
      ...["/upload/v1beta/", "/upload/v1/", "/upload/v1alpha/"],
      ...["/download/v1beta/", "/download/v1/", "/download/v1alpha/"],
    ],
    authentication: { header: "x-goog-api-key", before: "" },
    headers: {},
    features: {
      prefix: "x-goog-",
      staysBehind:
        "x-goog-(?:api-key|user-project|authuser|pageid|visitor-id|(?:authenticated|first-party|iam|iap)-.*)",
      onCredits: ["x-goog-api-client"],
      url: "https://cloud.google.com/apis/docs/system-parameters",
      seen: "2026-11-26",
    },
    returns: ["x-goog-upload-"],
    addresses: {
      headers: ["x-goog-upload-url", "x-goog-upload-control-url"],
      url: "https://ai.google.dev/gemini-api/docs/files",
      seen: "2026-11-26",
    },
    compatible: {
      base: "/v1beta/openai",
      paths: ["/chat/completions", "/embeddings"],
      authentication: { header: "authorization", before: "Bearer " },
      url: "https://ai.google.dev/gemini-api/docs/openai",
      seen: "2026-11-26",
    },
    generation: "/v1beta/models/{model}:generateContent",
    stream: "/v1beta/models/{model}:streamGenerateContent?alt=sse",
    ephemeralSecrets: "/v1alpha/auth_tokens",
  },
  check: {
    listing: "/v1beta/models?pageSize=1000",
    // The list says which models generate; these do, and answer in sound or pictures.
    cannotChat: "aqa|audio|computer-use|deep-research|embedding|image|live|lyria|music|robotics|tts|veo",
    cheapest: ["flash-lite(?!.*preview)", "flash(?!.*(?:lite|preview))", "flash", "gemma", "pro(?!.*preview)"],
  },
  models: {
    url: "https://ai.google.dev/gemini-api/docs/deprecations",
    seen: "2026-11-25",
    chat: ["gemini-3.5-flash-lite", "gemini-3.1-flash-lite", "gemini-3.8-flash", "gemini-3.5-flash"],
    other: ["gemini-embedding-001"],
  },
  sources: {
    reasons: {
      url: "https://github.com/googleapis/googleapis/blob/master/google/api/error_reason.proto",
      seen: "2026-11-25",
    },
    errors: { url: "https://ai.google.dev/gemini-api/docs/troubleshooting", seen: "2026-11-23" },
    billing: { url: "https://ai.google.dev/gemini-api/docs/billing", seen: "2026-11-25" },
    regions: { url: "https://ai.google.dev/gemini-api/docs/available-regions", seen: "2026-11-25" },
    noFreeTier: { url: "https://github.com/continuedev/continue/issues/10062", seen: "2026-11-25" },
    limits: { url: "https://ai.google.dev/gemini-api/docs/rate-limits", seen: "2026-11-23" },
    files: { url: "https://ai.google.dev/gemini-api/docs/files", seen: "2026-11-25" },
  },
  answers: [
    {
      reason: "API_KEY_INVALID",
      words: "expired",
      verdict: "rejected",
      because: "key_expired",
      source: "reasons",
    },
    { reason: "API_KEY_INVALID", verdict: "rejected", source: "reasons" },
    { status: 403, words: "reported as leaked", verdict: "rejected", because: "key_disabled", source: "errors" },
    {
      reason: "CONSUMER_SUSPENDED|CONSUMER_INVALID|GCP_SUSPENDED|ACCOUNT_STATE_INVALID",
      verdict: "rejected",
      because: "account_disabled",
      source: "reasons",
    },
    {
      reason: "ACCESS_TOKEN_TYPE_UNSUPPORTED|CREDENTIALS_MISSING",
      verdict: "rejected",
      because: "wrong_kind",
      source: "reasons",
    },
    { reason: "BILLING_DISABLED", verdict: "no_credit", because: "billing_inactive", source: "reasons" },
    {
      reason: "API_KEY_HTTP_REFERRER_BLOCKED",
      verdict: "restricted",
      because: "website_only",
      source: "reasons",
    },
    {
      reason: "API_KEY_(?:ANDROID|IOS)_APP_BLOCKED",
      verdict: "restricted",
      because: "app_only",
      source: "reasons",
    },
    {
      reason: "API_KEY_IP_ADDRESS_BLOCKED",
      verdict: "restricted",
      because: "network_not_allowed",
      source: "reasons",
    },
    { reason: "API_KEY_SERVICE_BLOCKED", verdict: "restricted", because: "api_not_allowed", source: "reasons" },
    { reason: "SERVICE_DISABLED", verdict: "restricted", because: "api_not_enabled", source: "reasons" },
    { words: "has not been used in project", verdict: "restricted", because: "api_not_enabled", source: "reasons" },
    {
      reason:
        "SECURITY_POLICY_VIOLATED|ORG_RESTRICTION_VIOLATION|USER_BLOCKED_BY_ADMIN|RESOURCE_USAGE_RESTRICTION_VIOLATED",
      verdict: "restricted",
      because: "policy_forbids",
      source: "reasons",
    },
    {
      words: "prepayment|credits are depleted",
      verdict: "no_credit",
      because: "out_of_credit",
      source: "billing",
    },
    { words: "spending cap", verdict: "no_credit", because: "spend_limit_reached", source: "billing" },
    {
      status: 429,
      reason: ".*billing.*",
      verdict: "no_credit",
      because: "spend_limit_reached",
      source: "limits",
    },
    {
      words: "free tier is not available|enable billing|requires billing",
      verdict: "no_credit",
      because: "billing_inactive",
      source: "regions",
    },
    {
      words: "user location is not supported",
      verdict: "unverified",
      because: "not_in_this_country",
      source: "regions",
    },
    // A model without a free tier, for a project without billing: waiting does not help.
    {
      status: 429,
      words: "\\blimit: 0\\b",
      verdict: "no_credit",
      because: "billing_inactive",
      ofModel: true,
      source: "noFreeTier",
    },
    { words: "unregistered callers", verdict: "rejected", because: "wrong_kind", source: "errors" },
    { status: 403, words: "access the file", verdict: null, source: "files" },
    { type: "NOT_FOUND", verdict: null, because: "model_not_allowed", ofModel: true, source: "errors" },
  ],
} as const satisfies Provider;
