/** Google AI (Gemini API). https://ai.google.dev/api, error codes: https://ai.google.dev/gemini-api/docs/troubleshooting */
import type { ByokError } from "../errors.ts";
import { errorOf, judgeStatus, pickModel } from "./judge.ts";
import type { Adapter } from "./types.ts";

export const google: Adapter = {
  name: "Google AI",
  number: 3,
  origin: "https://generativelanguage.googleapis.com",
  prefixes: ["/v1beta/", "/v1/"],
  authenticate: (apiKey) => ({ "x-goog-api-key": apiKey }),
  refuseKind: () => null,
  listing: { path: "/v1beta/models?pageSize=1000" },
  generation: (listing) => {
    const model = pickModel(
      listing,
      [/^models\/gemini.*flash-lite$/, /^models\/gemini.*flash$/],
      "models/gemini-2.5-flash-lite",
    );
    return {
      path: `/v1beta/${model}:generateContent`,
      body: { contents: [{ role: "user", parts: [{ text: "Hi" }] }], generationConfig: { maxOutputTokens: 1 } },
    };
  },
  judge(answer) {
    const { message, reasons } = errorOf(answer.body);
    if (answer.status === 403 && /reported as leaked/i.test(message)) return "rejected";
    if (reasons.includes("API_KEY_INVALID") || reasons.includes("ACCESS_TOKEN_TYPE_UNSUPPORTED")) return "rejected";
    if (answer.status === 403 && reasons.includes("BILLING_DISABLED")) return "no_credit";
    // The everyday rate limit also speaks of "plan and billing details"; only the details and these words mean money.
    if (
      answer.status === 429 &&
      (/billing/i.test(reasons) || /prepayment|credits are depleted|spending cap/i.test(message))
    ) {
      return "no_credit";
    }
    const verdict = judgeStatus(answer);
    if (verdict) return verdict;
    if (answer.status === 401) return "rejected";
    if (answer.status === 403) return "restricted";
    return answer.status === 429 ? "rate_limited" : null;
  },
  errorBody: (error) => ({
    error: {
      code: error.callStatus,
      message: error.message,
      status: errorStatus(error),
      details: [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: error.code, metadata: error.details }],
    },
  }),
};

function errorStatus({ callStatus }: ByokError): string {
  const statuses: Record<number, string> = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    402: "FAILED_PRECONDITION",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "UNIMPLEMENTED",
    409: "ABORTED",
    413: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
  };
  return statuses[callStatus] ?? "INTERNAL";
}
