/** https://console.groq.com/docs/errors, https://console.groq.com/docs/spend-limits */
import type { Facts } from "./facts.ts";
import { openAiErrorForm } from "./facts-openai.ts";

const model = "llama-3.1-8b-instant";

export const groqFacts: Facts = {
  number: 4,
  origin: "https://api.groq.com",
  prefixes: ["/openai/v1/"],
  authentication: { authorization: "Bearer sk-key" },
  wrongKinds: [],
  possibleKeys: ["gsk_abc", "anything"],
  picks: [
    [{ data: [{ id: "whisper-large-v3" }, { id: "llama-3.3-70b-versatile" }, { id: model }] }, model],
    [{ data: [{ id: "whisper-large-v3" }, { id: "llama-3.3-70b-versatile" }] }, "llama-3.3-70b-versatile"],
    [{ data: [] }, model],
  ],
  verdicts: [
    [
      "an invalid key",
      401,
      { error: { message: "Invalid API Key", type: "invalid_request_error", code: "invalid_api_key" } },
      "rejected",
    ],
    [
      "a model that the organization blocks",
      403,
      {
        error: {
          message:
            "The model `llama-3.1-8b-instant` is blocked at the organization level. Please have the org admin enable this model in " +
            "the org settings at https://console.groq.com/settings/limits",
          type: "permissions_error",
          code: "model_permission_blocked_org",
        },
      },
      "restricted",
    ],
    ["a block at the edge", 403, undefined, "unverified"],
    [
      "a spend limit",
      400,
      {
        error: {
          message: "API access is blocked because the organization has reached its spend limit.",
          type: "invalid_request_error",
          code: "blocked_api_access",
        },
      },
      "no_credit",
    ],
    [
      "a rate limit",
      429,
      {
        error: {
          message:
            "Rate limit reached for model `llama-3.1-8b-instant` on tokens per minute (TPM): Limit 6000. Please try again in 2s.",
          type: "tokens",
          code: "rate_limit_exceeded",
        },
      },
      "rate_limited",
    ],
    [
      "flex capacity that is used up",
      498,
      { error: { message: "Flex tier capacity exceeded", type: "capacity_exceeded" } },
      "rate_limited",
    ],
    ["flex capacity that is used up, in no JSON", 498, undefined, "rate_limited"],
    [
      "no such model",
      404,
      {
        error: {
          message: "The model `x` does not exist or you do not have access to it.",
          type: "invalid_request_error",
        },
      },
      null,
    ],
  ],
  errorForm: openAiErrorForm,
};
