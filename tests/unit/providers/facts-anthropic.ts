/** https://docs.claude.com/en/api/errors */
import { expect } from "vitest";
import type { Facts } from "./facts.ts";

function anthropicError(type: string, message: string) {
  return { type: "error", error: { type, message }, request_id: "req_011CUexample" };
}

/** The types that the SDK has typed errors for. */
const errorTypes: Record<number, string> = {
  400: "invalid_request_error",
  401: "authentication_error",
  402: "billing_error",
  403: "permission_error",
  404: "not_found_error",
  405: "invalid_request_error",
  409: "invalid_request_error",
  413: "request_too_large",
  429: "rate_limit_error",
  500: "api_error",
  502: "api_error",
  503: "api_error",
  504: "timeout_error",
};

export const anthropicFacts: Facts = {
  number: 2,
  origin: "https://api.anthropic.com",
  prefixes: ["/v1/"],
  authentication: { "x-api-key": "sk-key" },
  wrongKinds: ["sk-ant-admin01-abc", "sk-ant-oat01-abc"],
  possibleKeys: ["sk-ant-api03-abc", "anything"],
  picks: [
    [
      { data: [{ id: "claude-opus-4-5" }, { id: "claude-sonnet-4-5" }, { id: "claude-haiku-4-5-20251001" }] },
      "claude-haiku-4-5-20251001",
    ],
    [{ data: [{ id: "claude-opus-4-5" }, { id: "claude-sonnet-4-5" }] }, "claude-sonnet-4-5"],
    [{ data: [{ id: "claude-opus-4-5" }] }, "claude-haiku-4-5"],
  ],
  verdicts: [
    ["an invalid key", 401, anthropicError("authentication_error", "invalid x-api-key"), "rejected"],
    [
      "a key without the permission",
      403,
      anthropicError("permission_error", "Your API key does not have permission to use the specified resource."),
      "restricted",
    ],
    [
      "an account without credit",
      400,
      anthropicError(
        "invalid_request_error",
        "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.",
      ),
      "no_credit",
    ],
    [
      "a limit of the account's own",
      400,
      anthropicError(
        "invalid_request_error",
        "You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC.",
      ),
      "no_credit",
    ],
    [
      "a limit of the workspace's own",
      400,
      anthropicError(
        "invalid_request_error",
        "You have reached your specified workspace API usage limits. You will regain access on 2026-12-01 at 00:00 UTC.",
      ),
      "no_credit",
    ],
    [
      "the spending cap of the account's tier",
      429,
      {
        type: "error",
        error: {
          type: "rate_limit_error",
          message:
            "You have reached your API usage limits: your organization has crossed its monthly API usage threshold, set " +
            "based on your organization's API tier. You will regain access on 2026-12-01 at 00:00 UTC.",
          details: { error_code: "enforced_spend_limit_reached" },
        },
        request_id: "req_011CUexample",
      },
      "no_credit",
    ],
    [
      "a bill that is not paid",
      402,
      anthropicError("billing_error", "There is an issue with your billing."),
      "no_credit",
    ],
    [
      "a rate limit",
      429,
      anthropicError(
        "rate_limit_error",
        "This request would exceed your organization's rate limit of 50 requests per minute.",
      ),
      "rate_limited",
    ],
    ["an overload", 529, anthropicError("overloaded_error", "Overloaded"), "rate_limited"],
    ["a bad request", 400, anthropicError("invalid_request_error", "max_tokens: Field required"), null],
    ["no such model", 404, anthropicError("not_found_error", "model: x"), null],
    ["a fault of theirs", 500, anthropicError("api_error", "Internal server error"), "unverified"],
  ],
  errorForm: (status) => ({
    type: "error",
    error: expect.objectContaining({ type: errorTypes[status], message: expect.any(String) }),
  }),
};
