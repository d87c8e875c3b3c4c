/**
 * Chat completions at providers that speak OpenAI's API at an address of their own: text and the client's own functions, and no
 * option besides. An offer may stand here only where that is sure to cost no more than its tokens:
 *
 * - one field limits all output, reasoning included, and what the provider counts as output includes it
 * - nothing that the provider runs or adds by itself, such as a search or a dearer host, costs extra
 *
 * OpenRouter and Hugging Face choose among hosts with different prices, xAI counts reasoning apart from its output, and of the
 * others it is not known for sure: users bring their own keys for them.
 */
import { contentOf } from "./openai-chat.ts";
import type { FieldsShape, ListShape, Offer, Shape } from "./types.ts";

const text = contentOf({ text: { fields: { text: "text" } } });

const toolCalls: ListShape = {
  list: {
    by: "type",
    members: {
      function: {
        fields: { id: "text", function: { fields: { name: "text", arguments: "text" } }, index: "ignored" },
      },
    },
  },
};

/** The fields that an answer has and a request does not are left out on the way. */
const messages: ListShape = {
  list: {
    by: "role",
    members: {
      system: { fields: { content: text, name: "text" } },
      user: { fields: { content: text, name: "text" } },
      assistant: {
        fields: {
          content: text,
          name: "text",
          tool_calls: toolCalls,
          reasoning_content: "text",
          ...{ refusal: "ignored", annotations: "ignored", function_call: "ignored" },
        },
      },
      tool: { fields: { content: text, tool_call_id: "text" } },
    },
  },
};

const functionTool: FieldsShape = {
  fields: { function: { fields: { name: "text", description: "text", parameters: "json" } } },
};

const toolChoice: Shape = {
  any: [
    { values: ["none", "auto", "required"] },
    { by: "type", members: { function: { fields: { function: { fields: { name: "text" } } } } } },
  ],
};

/** `max_tokens` is the name of the limit. */
function chat(path: string): Offer {
  return {
    path,
    limit: { names: ["max_tokens"] },
    streamUsage: ["stream_options", "include_usage"],
    body: {
      fields: {
        model: "model",
        messages,
        max_tokens: "limit",
        temperature: "number",
        top_p: "number",
        stop: { any: ["text", { list: "text" }] },
        stream: "boolean",
        stream_options: { fields: { include_usage: "boolean" } },
        presence_penalty: "number",
        frequency_penalty: "number",
        response_format: { by: "type", members: { text: { fields: {} }, json_object: { fields: {} } } },
        tools: { list: { by: "type", members: { function: functionTool } } },
        tool_choice: toolChoice,
        ...{ user: "ignored", metadata: "ignored", store: "ignored" },
      },
    },
  };
}

/** https://api-docs.deepseek.com/api/create-chat-completion, November 2026: `max_tokens` includes the chain of thought. */
export const deepseekOffers: readonly Offer[] = [chat("^/v1/chat/completions$")];
