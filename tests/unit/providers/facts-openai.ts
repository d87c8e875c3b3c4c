/** https://platform.openai.com/docs/guides/error-codes, https://developers.openai.com/api/docs/guides/spend-limits */
import { expect } from "vitest";
import type { Facts, Offer } from "./facts.ts";

const user = { role: "user", content: "Hi" };
const weather = {
  type: "function",
  function: { name: "weather", parameters: { type: "object", properties: { file_id: {} } } },
};

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

/** Chat completions, as OpenAI and Groq serve them. */
export function chatOffer(path: string, model: string, more: Partial<Offer> = {}): Offer {
  return {
    path,
    model,
    body: { model, messages: [user] },
    cap: ["max_completion_tokens"],
    welcome: [
      { stream: true, stream_options: { include_usage: true } },
      { tools: [weather], tool_choice: "auto", parallel_tool_calls: false },
      { response_format: { type: "json_object" }, temperature: 0.2, top_p: 0.9, seed: 1, stop: ["\n"] },
      {
        messages: [
          {
            role: "assistant",
            tool_calls: [{ id: "call_1", type: "function", function: { name: "f", arguments: '{"file_id":1}' } }],
          },
          { role: "user", content: [{ type: "image_url", image_url: { url: "data:image/png;base64,AA==" } }] },
        ],
      },
    ],
    refused: [
      ["n", { n: 10 }],
      ["service_tier", { service_tier: "priority" }],
      ["prediction", { prediction: {} }],
      ["audio", { audio: {} }],
      ["web_search_options", { web_search_options: {} }],
      ["tools", { tools: [{ type: "web_search_preview" }] }],
      ["tools", { tools: [weather, { type: "mcp", server_url: "https://evil.test" }] }],
      ["tools", { tools: ["function"] }],
      ["tools", { tools: { 0: weather } }],
      ["tools", { tools: null }],
      ["messages", { messages: [{ role: "user", content: [{ type: "file", file: { file_id: "file-other" } }] }] }],
    ],
    ...more,
  };
}

export function embeddingsOffer(path: string, model: string): Offer {
  return {
    path,
    model,
    body: { model, input: "Hi" },
    welcome: [{ input: ["a", "b"], encoding_format: "base64", dimensions: 256 }],
    refused: [["store", { store: true }]],
  };
}

const chat = chatOffer("/v1/chat/completions", "gpt-4.1-mini", { always: { store: false } });

const responses: Offer = {
  path: "/v1/responses",
  model: "gpt-4.1-mini",
  body: { model: "gpt-4.1-mini", input: "Hi" },
  cap: ["max_output_tokens"],
  always: { store: false },
  welcome: [
    { stream: true, instructions: "Be brief.", reasoning: { effort: "low" }, text: { verbosity: "low" } },
    {
      tools: [
        { type: "function", name: "weather", parameters: {} },
        { type: "custom", name: "shell" },
      ],
    },
    {
      input: [
        user,
        { type: "message", id: "msg_1", role: "assistant", content: [{ type: "output_text", text: "Hello" }] },
        { type: "function_call", id: "fc_1", call_id: "call_1", name: "f", arguments: "{}" },
        { type: "function_call_output", call_id: "call_1", output: "{}" },
        { role: "user", content: [{ type: "input_image", image_url: "data:image/png;base64,AA==" }] },
      ],
    },
  ],
  refused: [
    ["previous_response_id", { previous_response_id: "resp_other" }],
    ["conversation", { conversation: "conv_other" }],
    ["prompt", { prompt: { id: "pmpt_other" } }],
    ["background", { background: true }],
    ["service_tier", { service_tier: "priority" }],
    ["tools", { tools: [{ type: "web_search" }] }],
    ["tools", { tools: [{ type: "file_search", vector_store_ids: ["vs_other"] }] }],
    ["tools", { tools: [{ type: "code_interpreter", container: { type: "auto" } }] }],
    ["input", { input: [{ type: "item_reference", id: "msg_other" }] }],
    // `type` may be left out of a reference: https://platform.openai.com/docs/api-reference/responses/create
    ["input", { input: [{ id: "msg_other" }] }],
    ["input", { input: [{ type: null, id: "msg_other" }] }],
    // https://platform.openai.com/docs/guides/image-generation continues from an earlier image by its id alone.
    ["input", { input: [{ type: "image_generation_call", id: "ig_other" }] }],
    ["input", { input: [{ role: "user", content: [{ type: "input_file", file_id: "file-other" }] }] }],
    ["input", { input: [{ role: "user", content: [{ type: "input_image", file_id: "file-other" }] }] }],
  ],
};

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
  offers: [chat, responses, embeddingsOffer("/v1/embeddings", "text-embedding-3-small")],
  notOffered: [
    "/v1/chat/completions/chatcmpl-1",
    "/v1/responses/resp_1/cancel",
    "/v1/files",
    "/v1/fine_tuning/jobs",
    "/v1/batches",
    "/v1/images/generations",
    "/v1/chat/completionsx",
    "/v1/x/v1/chat/completions",
  ],
};
