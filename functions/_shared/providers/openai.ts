/**
 * OpenAI. https://platform.openai.com/docs/api-reference, error codes: https://platform.openai.com/docs/guides/error-codes
 *
 * Groq speaks the same language, so what both share is exported.
 */
import type { ByokError } from "../errors.ts";
import { errorOf, judgeStatus, pickModel } from "./judge.ts";
import type { Adapter } from "./types.ts";

/** Error codes of an account that cannot pay, or may not spend more. */
const outOfCredit = [
  "insufficient_quota",
  "billing_hard_limit_reached",
  "credit_balance_exhausted",
  "organization_usage_limit_exceeded",
  "organization_spend_limit_exceeded",
  "project_spend_limit_exceeded",
];

export const openai: Adapter = {
  name: "OpenAI",
  number: 1,
  origin: "https://api.openai.com",
  prefixes: ["/v1/"],
  authenticate: bearer,
  refuseKind: (apiKey) =>
    apiKey.startsWith("sk-admin-")
      ? "This is an OpenAI admin key. Make a project key instead: admin keys cannot run models."
      : null,
  listing: { path: "/v1/models" },
  generation: (listing) => {
    const model = pickModel(listing, [/^gpt-.*nano$/, /^gpt-.*mini$/, /^gpt-/], "gpt-4.1-nano");
    return { path: "/v1/chat/completions", body: { model, messages: oneWord, max_completion_tokens: 1 } };
  },
  judge(answer) {
    const { code, type, message } = errorOf(answer.body);
    if (type === "insufficient_quota" || outOfCredit.includes(code)) return "no_credit";
    // OpenAI looks at where the function runs, not at the key.
    if (code === "unsupported_country_region_territory") return "unverified";
    const verdict = judgeStatus(answer);
    if (verdict) return verdict;
    if (answer.status === 401) return /missing scopes/i.test(message) ? "restricted" : "rejected";
    if (answer.status === 403) return "restricted";
    return answer.status === 429 ? "rate_limited" : null;
  },
  errorBody,
};

/** The shortest prompt for a check. */
export const oneWord = [{ role: "user", content: "Hi" }];

export function bearer(apiKey: string): Record<string, string> {
  return { authorization: `Bearer ${apiKey}` };
}

/** `{error: {message, type, param, code}}`, as OpenAI and Groq answer. */
export function errorBody({ code, message, details }: ByokError): unknown {
  return { error: { message, type: "byok_error", param: null, code, ...details } };
}
