/**
 * Anthropic: messages.
 *
 * Sources: https://platform.claude.com/docs/en/api/messages and the input types of `@anthropic-ai/sdk` 1.12.0, its beta ones
 * included, read 2026-11-25.
 */
import { cacheControl, content, systemText } from "./anthropic-content.ts";
import { refuse } from "./reasons.ts";
import type { ListShape, Offer } from "./types.ts";

/** Tools that the client runs, by the JSON schema of their input. All that Anthropic has defined itself count as its own. */
const tools: ListShape = {
  list: {
    by: "type",
    untyped: { name: "custom" },
    members: {
      custom: {
        fields: {
          name: "text",
          description: "text",
          input_schema: "json",
          input_examples: { list: "json" },
          strict: "boolean",
          eager_input_streaming: "boolean",
          defer_loading: { values: [false], refused: refuse("provider_tool", "true") },
          allowed_callers: {
            list: {
              values: ["direct"],
              refused: refuse(
                "provider_tool",
                "code_execution_20250825",
                "code_execution_20260120",
                "code_execution_20260521",
              ),
            },
          },
          cache_control: cacheControl,
        },
      },
    },
    refused: refuse(
      "provider_tool",
      "advisor_20260301",
      "bash_20241022",
      "bash_20250124",
      "browser_20260801",
      "browser_toolset_20260801",
      "code_execution_20250522",
      "code_execution_20250825",
      "code_execution_20260120",
      "code_execution_20260521",
      "computer_20241022",
      "computer_20250124",
      "computer_20251124",
      "computer_toolset_20260801",
      "mcp_toolset",
      "memory_20250818",
      "text_editor_20241022",
      "text_editor_20250124",
      "text_editor_20250429",
      "text_editor_20250728",
      "tool_search_tool_bm25",
      "tool_search_tool_bm25_20251119",
      "tool_search_tool_regex",
      "tool_search_tool_regex_20251119",
      "web_fetch_20250910",
      "web_fetch_20260209",
      "web_fetch_20260309",
      "web_fetch_20260318",
      "web_search_20250305",
      "web_search_20260209",
      "web_search_20260318",
    ),
  },
};

const thinkingFields = {
  display: "text",
  block_binding: { fields: { prefix_mismatch_behavior: "text" } },
} as const;

const parallel = { disable_parallel_tool_use: "boolean" } as const;

const messages: Offer = {
  path: "^/v1/messages$",
  limit: { names: ["max_tokens"] },
  userHash: ["metadata", "user_id"],
  // An image: 4,784 in the highest resolution of Opus 4.7. A document: all that fits into the longest context.
  // https://platform.claude.com/docs/en/build-with-claude/vision
  mediaTokens: { image: 5_000, document: 1_000_000 },
  // For five minutes. https://platform.claude.com/docs/en/build-with-claude/prompt-caching
  body: {
    fields: {
      model: "model",
      messages: {
        list: {
          by: "role",
          members: {
            user: { fields: { content } },
            assistant: { fields: { content } },
            system: {
              fields: { content: systemText, clear_at: "text", output_config: { fields: { effort: "text" } } },
            },
          },
        },
      },
      system: systemText,
      max_tokens: "limit",
      metadata: "ignored",
      stop_sequences: { list: "text" },
      stream: "boolean",
      temperature: "number",
      top_k: "number",
      top_p: "number",
      tools,
      tool_choice: {
        by: "type",
        members: {
          auto: { fields: parallel },
          any: { fields: parallel },
          tool: { fields: { ...parallel, name: "text" } },
          none: { fields: {} },
        },
      },
      thinking: {
        by: "type",
        members: {
          enabled: { fields: { ...thinkingFields, budget_tokens: "number" } },
          adaptive: { fields: thinkingFields },
          between_tools: { fields: {} },
          disabled: { fields: {} },
        },
      },
      output_config: {
        fields: {
          effort: "text",
          format: { by: "type", members: { json_schema: { fields: { schema: "json" } } } },
          task_budget: { fields: { type: "text", total: "number", remaining: "number" } },
        },
      },
      output_format: { by: "type", members: { json_schema: { fields: { schema: "json" } } } },
      cache_control: cacheControl,
      service_tier: { values: ["auto", "standard_only"] },
      speed: { values: ["standard"], refused: refuse("dearer", "fast") },
    },
    refused: {
      ...refuse("stored", "container", "diagnostics"),
      ...refuse("thread", "thread"),
      ...refuse("provider_tool", "mcp_servers"),
      ...refuse("dearer", "inference_geo", "compaction", "context_management", "fallbacks", "fallback_credit_token"),
      ...refuse("account_setting", "billing_policy", "user_profile_id", "workspace_id", "betas"),
    },
  },
};

export const anthropicOffers: readonly Offer[] = [messages];
