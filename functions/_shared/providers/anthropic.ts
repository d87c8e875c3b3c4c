/** Anthropic. https://docs.claude.com/en/api/overview, error types: https://docs.claude.com/en/api/errors */
import type { ByokError } from "../errors.ts";
import { errorOf, judgeStatus, pickModel } from "./judge.ts";
import { oneWord } from "./openai.ts";
import type { Adapter } from "./types.ts";

/** The version of our own checks. Calls keep the version the client chose. */
const apiVersion = "2023-06-01";

export const anthropic: Adapter = {
  name: "Anthropic",
  number: 2,
  origin: "https://api.anthropic.com",
  prefixes: ["/v1/"],
  authenticate: (apiKey) => ({ "x-api-key": apiKey }),
  refuseKind: (apiKey) => {
    if (apiKey.startsWith("sk-ant-admin")) return "This is an Anthropic admin key. Make a regular API key instead.";
    if (apiKey.startsWith("sk-ant-oat")) return "This is an OAuth token of a Claude subscription, not an API key.";
    return null;
  },
  listing: { path: "/v1/models?limit=100", headers: { "anthropic-version": apiVersion } },
  generation: (listing) => ({
    path: "/v1/messages",
    headers: { "anthropic-version": apiVersion },
    body: { model: pickModel(listing, [/haiku/, /sonnet/], "claude-haiku-4-5"), messages: oneWord, max_tokens: 1 },
  }),
  judge(answer) {
    const { type, message } = errorOf(answer.body);
    if (type === "billing_error" || /credit balance is too low|reached your .{0,100}API usage limits/i.test(message)) {
      return "no_credit";
    }
    if (answer.status === 529) return "rate_limited";
    const verdict = judgeStatus(answer);
    if (verdict) return verdict;
    if (answer.status === 401) return "rejected";
    if (answer.status === 403) return "restricted";
    return answer.status === 429 ? "rate_limited" : null;
  },
  errorBody: (error) => ({
    type: "error",
    error: { type: errorType(error), message: error.message, code: error.code, ...error.details },
  }),
};

function errorType({ callStatus }: ByokError): string {
  const types: Record<number, string> = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
  };
  return types[callStatus] ?? (callStatus >= 500 ? "api_error" : "invalid_request_error");
}
