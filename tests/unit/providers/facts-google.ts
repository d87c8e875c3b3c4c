/** https://ai.google.dev/gemini-api/docs/troubleshooting, https://cloud.google.com/apis/design/errors */
import { expect } from "vitest";
import type { Facts } from "./facts.ts";

function googleError(code: number, status: string, message: string, details?: unknown[]) {
  return { error: { code, message, status, ...(details ? { details } : {}) } };
}

function reason(reason: string) {
  const metadata = { service: "generativelanguage.googleapis.com" };
  return [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason, domain: "googleapis.com", metadata }];
}

const invalidKey = googleError(
  400,
  "INVALID_ARGUMENT",
  "API key not valid. Please pass a valid API key.",
  reason("API_KEY_INVALID"),
);
const depleted = googleError(
  429,
  "RESOURCE_EXHAUSTED",
  "Your prepayment credits are depleted. Please go to AI Studio at https://ai.studio/projects to manage your project and billing.",
);
/** It speaks of billing, but is the everyday rate limit. */
const freeTier = googleError(
  429,
  "RESOURCE_EXHAUSTED",
  "You exceeded your current quota, please check your plan and billing details. For more information on this error, head to: " +
    "https://ai.google.dev/gemini-api/docs/rate-limits.",
  [
    {
      "@type": "type.googleapis.com/google.rpc.QuotaFailure",
      violations: [
        {
          quotaMetric: "generativelanguage.googleapis.com/generate_content_free_tier_requests",
          quotaId: "GenerateRequestsPerMinutePerProjectPerModel-FreeTier",
          quotaDimensions: { location: "global", model: "gemini-2.5-flash-lite" },
          quotaValue: "15",
        },
      ],
    },
    {
      "@type": "type.googleapis.com/google.rpc.Help",
      links: [
        { description: "Learn more about Gemini API quotas", url: "https://ai.google.dev/gemini-api/docs/rate-limits" },
      ],
    },
    { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "37s" },
  ],
);

const statuses: Record<number, string> = {
  400: "INVALID_ARGUMENT",
  401: "UNAUTHENTICATED",
  402: "FAILED_PRECONDITION",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  405: "UNIMPLEMENTED",
  409: "ABORTED",
  413: "INVALID_ARGUMENT",
  500: "INTERNAL",
  429: "RESOURCE_EXHAUSTED",
  502: "UNAVAILABLE",
  503: "UNAVAILABLE",
  504: "DEADLINE_EXCEEDED",
};

export const googleFacts: Facts = {
  number: 3,
  origin: "https://generativelanguage.googleapis.com",
  prefixes: ["/v1beta/", "/v1/"],
  authentication: { "x-goog-api-key": "sk-key" },
  wrongKinds: [],
  possibleKeys: ["AIzaSyabc", "AQ.abc", "anything"],
  picks: [
    [
      {
        models: [
          { name: "models/gemini-2.5-pro" },
          { name: "models/gemini-2.5-flash" },
          { name: "models/gemini-2.5-flash-lite" },
        ],
      },
      "models/gemini-2.5-flash-lite",
    ],
    [{ models: [{ name: "models/gemini-2.5-pro" }, { name: "models/gemini-2.5-flash" }] }, "models/gemini-2.5-flash"],
    [{ models: [{ name: "models/gemini-2.5-flash-preview-tts" }] }, "models/gemini-2.5-flash-lite"],
  ],
  verdicts: [
    ["an invalid key", 400, invalidKey, "rejected"],
    ["an invalid key, as a stream without alt=sse puts it", 400, [invalidKey], "rejected"],
    [
      "an expired key",
      400,
      googleError(400, "INVALID_ARGUMENT", "API key expired. Please renew the API key.", reason("API_KEY_INVALID")),
      "rejected",
    ],
    [
      "a token in the place of a key",
      401,
      googleError(
        401,
        "UNAUTHENTICATED",
        "Request had invalid authentication credentials.",
        reason("ACCESS_TOKEN_TYPE_UNSUPPORTED"),
      ),
      "rejected",
    ],
    [
      "a 401 without details",
      401,
      googleError(401, "UNAUTHENTICATED", "Request had invalid authentication credentials."),
      "rejected",
    ],
    [
      "a key that was found in public, which Google has turned off",
      403,
      googleError(403, "PERMISSION_DENIED", "Your API key was reported as leaked. Please use another API key."),
      "rejected",
    ],
    [
      "a key that is restricted to other APIs",
      403,
      googleError(
        403,
        "PERMISSION_DENIED",
        "Requests to this API generativelanguage.googleapis.com method google.ai.generativelanguage.v1beta.ModelService.ListModels are blocked.",
        reason("API_KEY_SERVICE_BLOCKED"),
      ),
      "restricted",
    ],
    [
      "a project without billing",
      403,
      googleError(
        403,
        "PERMISSION_DENIED",
        "This API method requires billing to be enabled.",
        reason("BILLING_DISABLED"),
      ),
      "no_credit",
    ],
    ["credits that are used up", 429, depleted, "no_credit"],
    ["credits that are used up, as a stream without alt=sse puts it", 429, [depleted], "no_credit"],
    [
      "a spending cap",
      429,
      googleError(429, "RESOURCE_EXHAUSTED", "Your project has exceeded its monthly spending cap."),
      "no_credit",
    ],
    [
      "a quota of the billing account",
      429,
      googleError(429, "RESOURCE_EXHAUSTED", "Quota exceeded.", [
        { "@type": "type.googleapis.com/google.rpc.QuotaFailure", violations: [{ quotaId: "SpendPerBillingAccount" }] },
      ]),
      "no_credit",
    ],
    ["a rate limit", 429, freeTier, "rate_limited"],
    [
      "a rate limit without details",
      429,
      googleError(429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."),
      "rate_limited",
    ],
    ["a bad request", 400, googleError(400, "INVALID_ARGUMENT", "Invalid value at 'contents'"), null],
    ["no such model", 404, googleError(404, "NOT_FOUND", "models/x is not found for API version v1beta"), null],
    [
      "an overload",
      503,
      googleError(503, "UNAVAILABLE", "The model is overloaded. Please try again later."),
      "unverified",
    ],
  ],
  errorForm: (status) => ({
    error: { code: status, message: expect.any(String), status: statuses[status], details: [expect.any(Object)] },
  }),
};
