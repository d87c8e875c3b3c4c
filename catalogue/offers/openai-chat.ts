/** Chat completions, as OpenAI and Groq read them; what they read differently is in their own files. */
import {
  chatCustomFormat,
  detail,
  mediaTokens,
  namedTools,
  promptCacheBreakpoint,
  promptCacheOptions,
  serviceTier,
} from "./openai-parts.ts";
import { refuse } from "./reasons.ts";
import type { AnyShape, FieldsShape, ListShape, Offer, Shape, UnionShape } from "./types.ts";

const textPart: FieldsShape = { fields: { text: "text", prompt_cache_breakpoint: promptCacheBreakpoint } };
const refusalPart: FieldsShape = { fields: { refusal: "text" } };

export const imagePart: FieldsShape = {
  fields: {
    image_url: { fields: { url: { media: "image", as: "data_url" }, detail } },
    prompt_cache_breakpoint: promptCacheBreakpoint,
  },
};

const filePart: FieldsShape = {
  fields: {
    file: {
      fields: { file_data: { media: "document", as: "base64" }, filename: "text" },
      refused: refuse("stored", "file_id"),
    },
    prompt_cache_breakpoint: promptCacheBreakpoint,
  },
};

/** Text, or parts of these types. */
export function contentOf(members: UnionShape["members"], refused: UnionShape["refused"] = {}): AnyShape {
  return { any: ["text", { list: { by: "type", members, refused } }] };
}

export const textContent = contentOf({ text: textPart });

/** A function that the client runs: name, and the JSON schema of its parameters. */
const functionFields: FieldsShape = {
  fields: { name: "text", description: "text", parameters: "json", strict: "boolean" },
};

const functionCall: FieldsShape = { fields: { name: "text", arguments: "text" } };

/** `index` is there in calls that were put together from a stream. */
const toolCalls: ListShape = {
  list: {
    by: "type",
    untyped: { function: "function", custom: "custom" },
    members: {
      function: { fields: { id: "text", function: functionCall, index: "ignored" } },
      custom: { fields: { id: "text", custom: { fields: { name: "text", input: "text" } }, index: "ignored" } },
    },
  },
};

/** The messages of a conversation; the fields that an answer has and a request does not are left out on the way. */
export function messagesOf(user: Shape, tool: Shape, assistant: FieldsShape["fields"] = {}): ListShape {
  return {
    list: {
      by: "role",
      members: {
        system: { fields: { content: textContent, name: "text" } },
        developer: { fields: { content: textContent, name: "text" } },
        user: { fields: { content: user, name: "text" } },
        assistant: {
          fields: {
            content: contentOf({ text: textPart, refusal: refusalPart }),
            name: "text",
            refusal: "text",
            tool_calls: toolCalls,
            function_call: functionCall,
            annotations: "ignored",
            ...assistant,
          },
          refused: refuse("stored", "audio"),
        },
        tool: { fields: { content: tool, tool_call_id: "text", name: "text" } },
        function: { fields: { content: "text", name: "text" } },
      },
    },
  };
}

export const functionTool: FieldsShape = { fields: { function: functionFields } };

const customTool: FieldsShape = {
  fields: { custom: { fields: { name: "text", description: "text", format: chatCustomFormat } } },
};

const responseFormat: UnionShape = {
  by: "type",
  members: {
    text: { fields: {} },
    json_object: { fields: {} },
    json_schema: {
      fields: { json_schema: { fields: { name: "text", description: "text", schema: "json", strict: "boolean" } } },
    },
  },
};

const toolChoice: AnyShape = {
  any: [
    "text",
    {
      by: "type",
      members: {
        function: { fields: { function: { fields: { name: "text" } } } },
        custom: { fields: { custom: { fields: { name: "text" } } } },
        allowed_tools: { fields: { allowed_tools: { fields: { mode: "text", tools: namedTools } } } },
      },
    },
  ],
};

/** The fields that OpenAI and Groq have in common. */
export const chatFields: FieldsShape["fields"] = {
  model: "model",
  max_tokens: "limit",
  max_completion_tokens: "limit",
  n: { values: [1] },
  temperature: "number",
  top_p: "number",
  stop: { any: ["text", { list: "text" }] },
  seed: "number",
  stream: "boolean",
  stream_options: { fields: { include_usage: "boolean", include_obfuscation: "boolean" } },
  presence_penalty: "number",
  frequency_penalty: "number",
  logit_bias: { map: "number" },
  logprobs: "boolean",
  top_logprobs: "number",
  parallel_tool_calls: "boolean",
  tool_choice: toolChoice,
  functions: { list: functionFields },
  function_call: { any: ["text", { fields: { name: "text" } }] },
  response_format: responseFormat,
  reasoning_effort: "text",
  // Both name the user, which the platform does. Metadata is for what is stored, and nothing is.
  user: "ignored",
  safety_identifier: "ignored",
  metadata: "ignored",
  store: "ignored",
};

export const openaiChat: Offer = {
  path: "^/v1/chat/completions$",
  limit: { names: ["max_completion_tokens", "max_tokens"] },
  always: { store: false },
  userHash: ["safety_identifier"],
  streamUsage: ["stream_options", "include_usage"],
  mediaTokens,
  body: {
    fields: {
      ...chatFields,
      messages: messagesOf(
        contentOf({ text: textPart, image_url: imagePart, file: filePart }, refuse("length_priced", "input_audio")),
        textContent,
      ),
      modalities: { list: { values: ["text"], refused: refuse("length_priced", "audio") } },
      prompt_cache_key: "text",
      prompt_cache_options: promptCacheOptions,
      prompt_cache_retention: "text",
      service_tier: serviceTier,
      tools: { list: { by: "type", members: { function: functionTool, custom: customTool } } },
      verbosity: "text",
    },
    refused: {
      ...refuse("length_priced", "audio"),
      ...refuse("dearer", "prediction", "moderation"),
      ...refuse("provider_tool", "web_search_options"),
    },
  },
};
