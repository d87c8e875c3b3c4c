/** The least of chat completions, at providers that speak OpenAI's API at an address of their own. */
import { image, type Json, type OfferCase, type ProviderCases } from "./cases.ts";
import { said, weather } from "./cases-chat.ts";

function leastChatCase(path: string, model: string): OfferCase {
  return {
    path,
    model,
    body: { model, messages: [{ role: "user", content: "Hi" }] },
    limit: ["max_tokens"],
    usage: { stream_options: { include_usage: true } },
    welcome: [
      { stream: true, stream_options: { include_usage: true } },
      { tools: [weather], tool_choice: "auto" },
      { tools: [weather], tool_choice: { type: "function", function: { name: "weather" } } },
      { response_format: { type: "json_object" }, temperature: 0.2, top_p: 0.9, stop: ["\n"], presence_penalty: 1 },
      said({ type: "text", text: "Hi" }),
      {
        messages: [
          { role: "system", content: "Be brief." },
          {
            role: "assistant",
            content: "",
            reasoning_content: "x",
            tool_calls: [{ id: "call_1", type: "function", function: { name: "f", arguments: "{}" } }],
          },
          { role: "tool", tool_call_id: "call_1", content: "web_search file_id" },
        ],
      },
    ],
    changed: [[{ user: "ada", metadata: { a: "b" } }, {}]],
    refused: [
      ...unnamed(),
      ["tools.0.type", { tools: [{ type: "web_search" }] }],
      ["tools.0.type", { tools: [{ type: "builtin_function", function: { name: "$web_search" } }] }],
      ["tool_choice", { tool_choice: "web_search" }],
      ["messages.0.content.0.type", said({ type: "image_url", image_url: { url: image } })],
      ["messages.0.role", { messages: [{ role: "developer", content: "Hi" }] }],
      ["response_format.type", { response_format: { type: "json_schema", json_schema: { name: "x", schema: {} } } }],
    ],
  };
}

/** Options of OpenAI's API, and of others that speak it. */
function unnamed(): [field: string, addition: Json][] {
  const options: Json = {
    ...{ max_completion_tokens: 5, n: 2, service_tier: "priority", web_search_options: {}, prediction: {} },
    ...{ plugins: [], search_parameters: {}, provider: {}, thinking: { type: "enabled" }, reasoning_effort: "max" },
    ...{ logprobs: true, modalities: ["text"], audio: {}, functions: [], prompt_cache_key: "x" },
  };
  return Object.entries(options).map(([name, value]) => [name, { [name]: value }]);
}

export const deepseekCases: ProviderCases = {
  offered: [leastChatCase("/v1/chat/completions", "deepseek-v4-flash")],
  notOffered: ["/v1/completions", "/v1/responses", "/v1/embeddings", "/beta/chat/completions", "/chat/completions"],
};
