/** https://platform.openai.com/docs/guides/error-codes, https://developers.openai.com/api/docs/guides/spend-limits */
import { expect } from "vitest";
import type { Facts } from "./facts.ts";

export function openAiError(message: string, type: string, code: string | null = null) {
  return { error: { message, type, param: null, code } };
}

/** `{error: {message, type, param, code}}` */
export const openAiErrorForm = () => ({
  error: expect.objectContaining({
    message: expect.any(String),
    type: expect.any(String),
    param: null,
    code: expect.any(String),
  }),
});

const missingScopes =
  "You have insufficient permissions for this operation. Missing scopes: api.model.read. Check that you have the correct role in " +
  "your organization (Reader, Writer, Owner) and project (Member, Owner), and if you're using a restricted API key, that it has " +
  "the necessary scopes.";

/** https://help.openai.com/en/articles/6614457-troubleshooting-api-usage-and-spend-limits */
const exhausted = [
  "credit_balance_exhausted",
  "organization_usage_limit_exceeded",
  "organization_spend_limit_exceeded",
  "project_spend_limit_exceeded",
];

export const openaiFacts: Facts = {
  number: 1,
  origin: "https://api.openai.com",
  prefixes: ["/v1/"],
  authentication: { authorization: "Bearer sk-key" },
  wrongKinds: ["sk-admin-abc"],
  possibleKeys: ["sk-abc", "sk-proj-abc", "sk-svcacct-abc", "anything"],
  picks: [
    [{ data: [{ id: "gpt-5" }, { id: "gpt-5-mini" }, { id: "gpt-4.1-nano" }, { id: "tts-1" }] }, "gpt-4.1-nano"],
    [{ data: [{ id: "dall-e-3" }, { id: "gpt-5" }, { id: "gpt-5-mini" }] }, "gpt-5-mini"],
    [{ data: [{ id: "dall-e-3" }, { id: "gpt-5" }] }, "gpt-5"],
    [{ data: [{ id: "dall-e-3" }] }, "gpt-4.1-nano"],
  ],
  verdicts: [
    [
      "an invalid key",
      401,
      openAiError(
        "Incorrect API key provided: sk-abc*****wxyz. You can find your API key at https://platform.openai.com/account/api-keys.",
        "invalid_request_error",
        "invalid_api_key",
      ),
      "rejected",
    ],
    ["a key without the scope, as 401", 401, openAiError(missingScopes, "invalid_request_error"), "restricted"],
    ["a key without the scope, as 403", 403, openAiError(missingScopes, "invalid_request_error"), "restricted"],
    [
      "a project without the model",
      403,
      openAiError(
        "Project `proj_1` does not have access to model `gpt-4.1-nano`",
        "invalid_request_error",
        "model_not_found",
      ),
      "restricted",
    ],
    [
      "a country that is not served",
      403,
      openAiError(
        "Country, region, or territory not supported",
        "request_forbidden",
        "unsupported_country_region_territory",
      ),
      "unverified",
    ],
    [
      "an account without credit",
      429,
      openAiError(
        "You exceeded your current quota, please check your plan and billing details.",
        "insufficient_quota",
        "insufficient_quota",
      ),
      "no_credit",
    ],
    [
      "a hard limit on spending",
      400,
      openAiError("Billing hard limit has been reached", "billing_limit_user_error", "billing_hard_limit_reached"),
      "no_credit",
    ],
    [
      "a limit of a kind that is new",
      429,
      openAiError("Another limit.", "insufficient_quota", "brand_new_limit_exceeded"),
      "no_credit",
    ],
    ...exhausted.flatMap((code) =>
      // The help page: "error.type can still be insufficient_quota", so it is the code that decides.
      ["insufficient_quota", "rate_limit_error"].map((type): Facts["verdicts"][number] => [
        `${code} of type ${type}`,
        429,
        openAiError("A limit.", type, code),
        "no_credit",
      ]),
    ),
    [
      "a rate limit",
      429,
      openAiError("Rate limit reached for gpt-4.1-nano on requests per min (RPM).", "requests", "rate_limit_exceeded"),
      "rate_limited",
    ],
    [
      "no such model",
      404,
      openAiError("The model `x` does not exist", "invalid_request_error", "model_not_found"),
      null,
    ],
    [
      "an overload",
      503,
      openAiError("The engine is currently overloaded, please try again later.", "service_unavailable_error"),
      "unverified",
    ],
  ],
  errorForm: openAiErrorForm,
};
