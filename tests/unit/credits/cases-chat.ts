/** Chat completions, as OpenAI and Groq read them. */
import { image, type Json, type OfferCase } from "./cases.ts";

const user = { role: "user", content: "Hi" };
export const weather = {
  type: "function",
  function: { name: "weather", parameters: { type: "object", properties: { file_id: {} } } },
};
export const said = (...content: Json[]): Json => ({ messages: [{ role: "user", content }] });

export function chatCase(path: string, model: string, more: Partial<OfferCase> = {}): OfferCase {
  return {
    path,
    model,
    body: { model, messages: [user] },
    limit: ["max_completion_tokens"],
    ...more,
    image: { body: said({ type: "image_url", image_url: { url: image } }), tokens: more.image?.tokens ?? 50_000 },
    welcome: [
      { stream: true, stream_options: { include_usage: true } },
      { tools: [weather], tool_choice: "auto", parallel_tool_calls: false },
      { tools: [weather], tool_choice: { type: "function", function: { name: "weather" } } },
      { functions: [weather.function], function_call: { name: "weather" } },
      { response_format: { type: "json_object" }, temperature: 0.2, top_p: 0.9, seed: 1, stop: ["\n"] },
      {
        response_format: {
          type: "json_schema",
          json_schema: { name: "x", schema: { type: "web_search" }, strict: true },
        },
      },
      { n: 1, service_tier: "auto", stop: "x", logit_bias: { "50256": -100 } },
      {
        messages: [
          { role: "system", content: [{ type: "text", text: "Be brief." }] },
          { role: "developer", content: "Be brief." },
          {
            role: "assistant",
            content: null,
            refusal: null,
            tool_calls: [{ id: "call_1", type: "function", function: { name: "f", arguments: '{"file_id":1}' } }],
          },
          { role: "tool", tool_call_id: "call_1", content: "web_search file_id" },
          { role: "user", name: "ada", content: [{ type: "image_url", image_url: { url: image, detail: "auto" } }] },
        ],
      },
      ...(more.welcome ?? []),
    ],
    changed: [
      [{ max_completion_tokens: 5000, max_tokens: 70 }, { max_completion_tokens: 70 }],
      [{ max_tokens: 70 }, { max_tokens: 70 }],
      // An answer's message is handed back as it came.
      [
        {
          messages: [
            { role: "assistant", content: "Hi", refusal: null, annotations: [], audio: null, function_call: null },
          ],
        },
        { messages: [{ role: "assistant", content: "Hi", refusal: null, function_call: null }] },
      ],
      ...(more.changed ?? []),
    ],
    refused: [
      ["n", { n: 10 }],
      ["service_tier", { service_tier: "priority" }],
      ["prediction", { prediction: {} }],
      ["audio", { audio: {} }],
      ["web_search_options", { web_search_options: {} }],
      ["tools.0.type", { tools: [{ type: "web_search_preview" }] }],
      ["tools.1.type", { tools: [weather, { type: "mcp", server_url: "https://evil.test" }] }],
      ["tools.0.function.environment", { tools: [{ type: "function", function: { name: "f", environment: {} } }] }],
      ["tools.0", { tools: ["function"] }],
      ["tools", { tools: { 0: weather } }],
      [
        "messages.0.content.0.image_url.url",
        said({ type: "image_url", image_url: { url: "https://evil.test/x.png" } }),
      ],
      ["messages.0.content.0.image_url.detail", said({ type: "image_url", image_url: { url: image, detail: "high" } })],
      [
        "messages.0.content.0.image_url.detail",
        said({ type: "image_url", image_url: { url: image, detail: "original" } }),
      ],
      ["messages.0.content.0.type", said({ type: "input_audio", input_audio: { data: "AA==", format: "wav" } })],
      ["messages.0.content.0.type", said({ type: "item_reference", id: "msg_other" })],
      ["messages.0.audio", { messages: [{ role: "assistant", audio: { id: "audio_other" } }] }],
      ["messages.0.tool_calls.0.type", { messages: [{ role: "assistant", tool_calls: [{ type: "mcp", id: "1" }] }] }],
      ["messages.0.role", { messages: [{ role: "auditor", content: "Hi" }] }],
      ["messages.0.role", { messages: [{ content: "Hi" }] }],
      ["messages", { messages: "Hi" }],
      ["response_format.type", { response_format: { type: "image" } }],
      ["response_format.grammar", { response_format: { type: "text", grammar: "x" } }],
      ["tool_choice.type", { tool_choice: { type: "web_search" } }],
      ["reasoning_effort", { reasoning_effort: { mode: "pro" } }],
      ["stream_options.store", { stream_options: { store: true } }],
      ...(more.refused ?? []),
    ],
  };
}

export function embeddingsCase(path: string, model: string): OfferCase {
  return {
    path,
    model,
    body: { model, input: "Hi" },
    user: { user: "5eedc0de" },
    welcome: [
      { input: ["a", "b"], encoding_format: "base64", dimensions: 256 },
      { input: [1, 2] },
      { input: [[1], [2]] },
    ],
    refused: [
      ["store", { store: true }],
      ["input.0", { input: [{ file_id: "file-other" }] }],
    ],
  };
}
