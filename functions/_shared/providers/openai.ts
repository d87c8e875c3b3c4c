/**
 * OpenAI. https://platform.openai.com/docs/api-reference, error codes: https://platform.openai.com/docs/guides/error-codes
 *
 * Groq speaks the same language, so what both share is exported.
 */
import type { ByokError } from "../errors.ts";
import { errorOf, judgeStatus, pickModel } from "./judge.ts";
import type { Adapter, PlatformRule } from "./types.ts";

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
  platformRules: [
    chatCompletions(/^\/v1\/chat\/completions$/, ["verbosity", "prompt_cache_key", "safety_identifier"], {
      store: false,
    }),
    {
      path: /^\/v1\/responses$/,
      fields: [
        "model",
        "input",
        "instructions",
        "max_output_tokens",
        "temperature",
        "top_p",
        "top_logprobs",
        "stream",
        "stream_options",
        "tools",
        "tool_choice",
        "parallel_tool_calls",
        "text",
        "reasoning",
        "truncation",
        "include",
        "metadata",
        "store",
        "user",
        "prompt_cache_key",
        "safety_identifier",
      ],
      content: ["input"],
      references: ["file_id", "item_reference", "image_generation_call"],
      // An item with an id and no type is an item_reference too.
      isReference: (part) => "id" in part && typeof part.type !== "string",
      opaque: [],
      isClientTool,
      limit: (body, maxOutputTokens) => ({
        ...body,
        max_output_tokens: atMost(body.max_output_tokens, maxOutputTokens),
        store: false,
      }),
    },
    embeddings(/^\/v1\/embeddings$/),
  ],
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

/** A limit that a client may lower, never raise. Some providers read "9000" as a number, and 0 or -1 as no limit. */
export function atMost(requested: unknown, limit: number): number {
  return typeof requested === "number" && requested >= 1 ? Math.min(requested, limit) : limit;
}

/** `always`: fields that are sent whatever the client says. */
export function chatCompletions(
  path: RegExp,
  moreFields: readonly string[],
  always: Record<string, unknown> = {},
): PlatformRule {
  return {
    path,
    fields: [
      "model",
      "messages",
      "max_tokens",
      "max_completion_tokens",
      "temperature",
      "top_p",
      "stop",
      "stream",
      "stream_options",
      "tools",
      "tool_choice",
      "parallel_tool_calls",
      "response_format",
      "seed",
      "presence_penalty",
      "frequency_penalty",
      "logit_bias",
      "logprobs",
      "top_logprobs",
      "reasoning_effort",
      "metadata",
      "store",
      "user",
      ...moreFields,
    ],
    content: ["messages"],
    references: ["file_id"],
    opaque: [],
    isClientTool,
    limit({ max_tokens, max_completion_tokens, store: _, ...body }, maxOutputTokens) {
      // Some models know only one of the two names, and a body with both would be capped by one of them alone.
      const field = max_tokens === undefined ? "max_completion_tokens" : "max_tokens";
      return { ...body, ...always, [field]: atMost(max_tokens ?? max_completion_tokens, maxOutputTokens) };
    },
  };
}

export function embeddings(path: RegExp): PlatformRule {
  return {
    path,
    fields: ["model", "input", "encoding_format", "dimensions", "user"],
    content: [],
    references: [],
    opaque: [],
    isClientTool,
    limit: (body) => body,
  };
}

function isClientTool(tool: Record<string, unknown>): boolean {
  return tool.type === "function" || tool.type === "custom";
}
