/** Groq. https://console.groq.com/docs/api-reference, error codes: https://console.groq.com/docs/errors */
import { errorOf, judgeStatus, pickModel } from "./judge.ts";
import { bearer, errorBody, oneWord } from "./openai.ts";
import type { Adapter } from "./types.ts";

export const groq: Adapter = {
  name: "Groq",
  number: 4,
  origin: "https://api.groq.com",
  prefixes: ["/openai/v1/"],
  authenticate: bearer,
  refuseKind: () => null,
  listing: { path: "/openai/v1/models" },
  generation: (listing) => {
    const model = pickModel(listing, [/instant/, /^llama/], "llama-3.1-8b-instant");
    return { path: "/openai/v1/chat/completions", body: { model, messages: oneWord, max_completion_tokens: 1 } };
  },
  judge(answer) {
    // The account has reached its spend limit.
    if (errorOf(answer.body).code === "blocked_api_access") return "no_credit";
    // 498: the account's flex capacity is used up.
    if (answer.status === 498) return "rate_limited";
    const verdict = judgeStatus(answer);
    if (verdict) return verdict;
    if (answer.status === 401) return "rejected";
    if (answer.status === 403) return "restricted";
    return answer.status === 429 ? "rate_limited" : null;
  },
  errorBody,
};
