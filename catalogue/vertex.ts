/**
 * Vertex AI in express mode: Google Cloud's Gemini API with an API key, at one address for all regions.
 * https://cloud.google.com/vertex-ai/generative-ai/docs/start/express-mode/overview
 */
import type { Provider } from "./types.ts";

const publisher = "publishers/google/models";

export const vertex = {
  number: 20,
  name: "Vertex AI",
  keys: {
    // They look like those of Google AI.
    prefixes: [],
    variable: "GOOGLE_API_KEY",
    keysUrl: "https://console.cloud.google.com/apis/credentials",
    billingUrl: "https://console.cloud.google.com/billing",
  },
  sdkPaths: { sdk: "", aiSdk: "/v1/publishers/google" },
  api: {
    dialect: "google",
    origin: "https://aiplatform.googleapis.com",
    prefixes: [`/v1/${publisher}/`, `/v1beta1/${publisher}/`],
    authentication: { header: "x-goog-api-key", before: "" },
    headers: {},
    features: {
      prefix: "x-goog-",
      staysBehind:
        "x-goog-(?:api-key|user-project|authuser|pageid|visitor-id|(?:authenticated|first-party|iam|iap)-.*)",
      url: "https://cloud.google.com/apis/docs/system-parameters",
      seen: "2026-11-26",
    },
    generation: `/v1/${publisher}/{model}:generateContent`,
    stream: `/v1/${publisher}/{model}:streamGenerateContent?alt=sse`,
  },
  check: { cheapest: ["flash-lite", "flash"] },
  models: {
    url: "https://github.com/anomalyco/models.dev/tree/91a19838362bf054937e0e5534d8871762f354f8/providers/google-vertex/models",
    seen: "2026-11-26",
    chat: ["gemini-2.5-flash-lite", "gemini-2.5-flash", "gemini-3.8-flash"],
    other: [],
  },
  documentation: [
    {
      url: "https://cloud.google.com/vertex-ai/generative-ai/docs/start/express-mode/vertex-ai-express-mode-api-reference",
      seen: "2026-11-26",
    },
    {
      url: "https://docs.cloud.google.com/vertex-ai/generative-ai/docs/samples/googlegenaisdk-vertexai-express-mode",
      seen: "2026-11-26",
    },
  ],
  sources: {
    reasons: {
      url: "https://github.com/googleapis/googleapis/blob/master/google/api/error_reason.proto",
      seen: "2026-11-26",
    },
    kind: { url: "https://github.com/SillyTavern/SillyTavern/issues/4223", seen: "2026-11-26" },
  },
  answers: [
    { reason: "API_KEY_INVALID", verdict: "rejected", source: "reasons" },
    { reason: "CREDENTIALS_MISSING", verdict: "rejected", because: "wrong_kind", source: "kind" },
    {
      reason: "CONSUMER_SUSPENDED|CONSUMER_INVALID",
      verdict: "rejected",
      because: "account_disabled",
      source: "reasons",
    },
    { reason: "BILLING_DISABLED", verdict: "no_credit", because: "billing_inactive", source: "reasons" },
    { reason: "API_KEY_HTTP_REFERRER_BLOCKED", verdict: "restricted", because: "website_only", source: "reasons" },
    {
      reason: "API_KEY_IP_ADDRESS_BLOCKED",
      verdict: "restricted",
      because: "network_not_allowed",
      source: "reasons",
    },
    { reason: "API_KEY_SERVICE_BLOCKED", verdict: "restricted", because: "api_not_allowed", source: "reasons" },
    { reason: "SERVICE_DISABLED", verdict: "restricted", because: "api_not_enabled", source: "reasons" },
    { type: "NOT_FOUND", verdict: null, because: "model_not_allowed", ofModel: true, source: "reasons" },
  ],
} as const satisfies Provider;
