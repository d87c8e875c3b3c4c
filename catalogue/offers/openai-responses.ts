/**
 * OpenAI's Responses endpoint. Tools can be defined in three places, and pass the same list in each: `tools`, and the items
 * `additional_tools` and `tool_search_output` of the input.
 *
 * Sources: https://developers.openai.com/api/reference/resources/responses and the input types of `openai` 7.57.0, read 2026-11-25.
 */
import {
  detail,
  mediaTokens,
  namedTools,
  promptCacheBreakpoint,
  promptCacheOptions,
  serviceTier,
} from "./openai-parts.ts";
import { refuse } from "./reasons.ts";
import { caller, clientTools, execution, searchedByClient } from "./openai-tools.ts";
import type { AnyShape, Offer, UnionShape } from "./types.ts";

const inputParts: UnionShape["members"] = {
  input_text: { fields: { text: "text", prompt_cache_breakpoint: promptCacheBreakpoint } },
  input_image: {
    fields: {
      image_url: { media: "image", as: "data_url" },
      detail,
      prompt_cache_breakpoint: promptCacheBreakpoint,
    },
    refused: refuse("stored", "file_id"),
  },
  input_file: {
    fields: {
      file_data: { media: "document", as: "base64" },
      filename: "text",
      detail: { values: ["auto", "low"], refused: refuse("detail", "high") },
      prompt_cache_breakpoint: promptCacheBreakpoint,
    },
    refused: { ...refuse("stored", "file_id"), ...refuse("address", "file_url") },
  },
};

const outputParts: UnionShape["members"] = {
  output_text: {
    fields: {
      text: "text",
      logprobs: "ignored",
      annotations: {
        list: {
          by: "type",
          members: {
            url_citation: {
              fields: { url: "text", title: "text", start_index: "number", end_index: "number" },
            },
          },
          refused: refuse("stored", "file_citation", "container_file_citation", "file_path"),
        },
      },
    },
  },
  refusal: { fields: { refusal: "text" } },
};

const toolOutput: AnyShape = { any: ["text", { list: { by: "type", members: inputParts } }] };

const called = { id: "text", call_id: "text", status: "text", caller } as const;

const inputItem: UnionShape = {
  by: "type",
  // An item without a type is a message, or with an id alone a reference to one.
  untyped: { role: "message", id: "item_reference" },
  members: {
    message: {
      fields: {
        role: "text",
        content: { any: ["text", { list: { by: "type", members: { ...inputParts, ...outputParts } } }] },
        id: "text",
        status: "text",
        phase: "text",
      },
      needs: { role: "item_reference", content: "item_reference" },
    },
    function_call: {
      fields: { ...called, name: "text", namespace: "text", arguments: "text", async: "boolean" },
      needs: { arguments: "item_reference" },
    },
    function_call_output: {
      fields: { ...called, name: "text", namespace: "text", output: toolOutput },
      needs: { output: "item_reference" },
    },
    custom_tool_call: {
      fields: { ...called, name: "text", namespace: "text", input: "text", async: "boolean" },
      needs: { input: "item_reference" },
    },
    custom_tool_call_output: { fields: { ...called, output: toolOutput }, needs: { output: "item_reference" } },
    reasoning: {
      fields: {
        id: "text",
        status: "text",
        encrypted_content: "text",
        summary: { list: { by: "type", members: { summary_text: { fields: { text: "text" } } } } },
        content: { list: { by: "type", members: { reasoning_text: { fields: { text: "text" } } } } },
      },
      needs: { encrypted_content: "reasoning_item" },
    },
    additional_tools: { fields: { id: "text", role: "text", tools: { list: clientTools } } },
    tool_search_call: {
      fields: { id: "text", call_id: "text", status: "text", execution, arguments: "json" },
      needs: searchedByClient,
    },
    tool_search_output: {
      fields: { id: "text", call_id: "text", status: "text", execution, tools: { list: clientTools } },
      needs: searchedByClient,
    },
  },
  refused: {
    ...refuse("item_reference", "item_reference"),
    ...refuse("dearer", "compaction", "compaction_trigger", "configuration_update"),
    ...refuse(
      "provider_tool",
      "apply_patch_call",
      "apply_patch_call_output",
      "code_interpreter_call",
      "computer_call",
      "computer_call_output",
      "file_search_call",
      "image_generation_call",
      "local_shell_call",
      "local_shell_call_output",
      "mcp_approval_request",
      "mcp_approval_response",
      "mcp_call",
      "mcp_list_tools",
      "program",
      "program_output",
      "shell_call",
      "shell_call_output",
      "web_search_call",
    ),
  },
};

const toolChoice: AnyShape = {
  any: [
    "text",
    {
      by: "type",
      members: {
        function: { fields: { name: "text" } },
        custom: { fields: { name: "text" } },
        allowed_tools: { fields: { mode: "text", tools: namedTools } },
      },
      refused: refuse(
        "provider_tool",
        "apply_patch",
        "code_interpreter",
        "computer",
        "computer_use",
        "computer_use_preview",
        "file_search",
        "image_generation",
        "mcp",
        "programmatic_tool_calling",
        "shell",
        "web_search_preview",
        "web_search_preview_2025_03_11",
      ),
    },
  ],
};

const format: UnionShape = {
  by: "type",
  members: {
    text: { fields: {} },
    json_object: { fields: {} },
    json_schema: { fields: { name: "text", description: "text", schema: "json", strict: "boolean" } },
  },
};

export const openaiResponses: Offer = {
  path: "^/v1/responses$",
  limit: { names: ["max_output_tokens"] },
  always: { store: false },
  userHash: ["safety_identifier"],
  mediaTokens,
  body: {
    fields: {
      model: "model",
      input: { any: ["text", { list: inputItem }] },
      instructions: "text",
      background: { values: [false], refused: refuse("stored", "true") },
      image: {
        fields: { context_compression: { values: ["auto", "enabled"], refused: refuse("detail", "disabled") } },
      },
      include: {
        list: {
          values: ["reasoning.encrypted_content", "message.output_text.logprobs", "message.input_image.image_url"],
          refused: refuse(
            "provider_tool",
            "code_interpreter_call.outputs",
            "computer_call_output.output.image_url",
            "file_search_call.results",
            "web_search_call.action.sources",
            "web_search_call.results",
          ),
        },
      },
      max_output_tokens: "limit",
      max_tool_calls: "number",
      metadata: "ignored",
      parallel_tool_calls: "boolean",
      prompt_cache_key: "text",
      prompt_cache_options: promptCacheOptions,
      prompt_cache_retention: "text",
      reasoning: {
        fields: {
          effort: "text",
          summary: "text",
          generate_summary: "text",
          context: "text",
          mode: { values: ["standard"], refused: refuse("dearer", "pro") },
        },
      },
      safety_identifier: "ignored",
      service_tier: serviceTier,
      store: "ignored",
      stream: "boolean",
      stream_options: { fields: { include_obfuscation: "boolean" } },
      temperature: "number",
      text: { fields: { format, verbosity: "text" } },
      tool_choice: toolChoice,
      tools: { list: clientTools },
      top_logprobs: "number",
      top_p: "number",
      truncation: "text",
      user: "ignored",
    },
    refused: {
      ...refuse("stored", "previous_response_id", "conversation", "prompt"),
      ...refuse("dearer", "moderation", "context_management"),
      ...refuse("account_setting", "access_programs"),
    },
  },
};
