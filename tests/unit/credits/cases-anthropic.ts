import type { Json, ProviderCases } from "./cases.ts";

const model = "claude-haiku-4-5";
const user = { role: "user", content: "Hi" };
const weather = { name: "weather", input_schema: { type: "object", properties: { url: {} } } };
const block = (...content: Json[]): Json => ({ messages: [{ role: "user", content }] });
const png = { type: "image", source: { type: "base64", media_type: "image/png", data: "AA==" } };
const result = (...content: Json[]): Json => block({ type: "tool_result", tool_use_id: "toolu_1", content });

export const anthropicCases: ProviderCases = {
  offered: [
    {
      path: "/v1/messages",
      model,
      body: { model, messages: [user] },
      limit: ["max_tokens"],
      user: { metadata: { user_id: "5eedc0de" } },
      image: { body: block(png), tokens: 5_000 },
      welcome: [
        {
          stream: true,
          system: [{ type: "text", text: "Be brief.", cache_control: { type: "ephemeral", ttl: "5m" } }],
        },
        { tools: [weather, { ...weather, type: "custom" }], tool_choice: { type: "auto" } },
        {
          tools: [{ ...weather, type: null }].map(({ type: _, ...tool }) => tool),
          tool_choice: { type: "tool", name: "weather" },
        },
        { thinking: { type: "enabled", budget_tokens: 1024 }, service_tier: "auto", speed: "standard" },
        { thinking: { type: "adaptive", display: "summarized" }, output_config: { effort: "low" } },
        { output_config: { format: { type: "json_schema", schema: { type: "file" } } }, stop_sequences: ["x"] },
        {
          messages: [
            {
              role: "assistant",
              content: [
                { type: "thinking", thinking: "x", signature: "x" },
                { type: "redacted_thinking", data: "x" },
                { type: "text", text: "x", citations: null },
                {
                  type: "tool_use",
                  id: "toolu_1",
                  name: "f",
                  input: { file_id: "the client's own", source: { type: "url" } },
                },
              ],
            },
            { role: "user", content: [{ type: "tool_result", tool_use_id: "toolu_1", content: "done" }, png] },
            {
              role: "user",
              content: [{ type: "document", source: { type: "text", media_type: "text/plain", data: "x" } }],
            },
            {
              role: "user",
              content: [{ type: "document", source: { type: "content", content: [{ type: "text", text: "x" }] } }],
            },
            {
              role: "user",
              content: [
                { type: "search_result", source: "https://x", title: "x", content: [{ type: "text", text: "x" }] },
              ],
            },
          ],
        },
      ],
      changed: [
        [{ metadata: { user_id: "ada" } }, { metadata: { user_id: "5eedc0de" } }],
        [{ tools: [{ ...weather, type: null }] }, { tools: [weather] }],
        [{ thread: null, container: null }, {}],
      ],
      refused: [
        ["container", { container: "container_other" }],
        ["mcp_servers", { mcp_servers: [{ type: "url", url: "https://evil.test" }] }],
        ["service_tier", { service_tier: "priority" }],
        ["speed", { speed: "fast" }],
        ["inference_geo", { inference_geo: "us" }],
        ["thread", { thread: { type: "create" } }],
        ["thread", { thread: { type: "continue", previous_message_id: "msg_other" } }],
        ["diagnostics", { diagnostics: { previous_message_id: "msg_other" } }],
        ["context_management", { context_management: { edits: [] } }],
        ["fallbacks", { fallbacks: [{ model: "claude-opus-5" }] }],
        ["user_profile_id", { user_profile_id: "x" }],
        ["cache_control.ttl", { cache_control: { type: "ephemeral", ttl: "1h" } }],
        [
          "messages.0.content.0.cache_control.ttl",
          block({ type: "text", text: "x", cache_control: { type: "ephemeral", ttl: "1h" } }),
        ],
        ["tools.0.cache_control.ttl", { tools: [{ ...weather, cache_control: { type: "ephemeral", ttl: "1h" } }] }],
        [
          "system.0.cache_control.ttl",
          { system: [{ type: "text", text: "x", cache_control: { type: "ephemeral", ttl: "1h" } }] },
        ],
        ["tools.0.type", { tools: [{ type: "web_search_20250305", name: "web_search" }] }],
        ["tools.1.type", { tools: [weather, { type: "code_execution_20250825", name: "code_execution" }] }],
        ["tools.0.type", { tools: [{ type: "mcp_toolset", mcp_server_name: "x" }] }],
        ["tools.0.type", { tools: [{ type: "brand_new_20270101", name: "x" }] }],
        ["tools.0.allowed_callers.0", { tools: [{ ...weather, allowed_callers: ["code_execution_20250825"] }] }],
        ["tools.0.defer_loading", { tools: [{ ...weather, defer_loading: true }] }],
        ["tools", { tools: "web_search" }],
        ["thinking.mode", { thinking: { type: "adaptive", mode: "pro" } }],
        ["thinking.type", { thinking: { type: "brand_new" } }],
        ["output_config.speed", { output_config: { speed: "fast" } }],
        ["output_config.format.type", { output_config: { format: { type: "brand_new" } } }],
        [
          "messages.0.content.0.source.type",
          block({ type: "document", source: { type: "file", file_id: "file_other" } }),
        ],
        [
          "messages.0.content.0.source.type",
          block({ type: "document", source: { type: "url", url: "https://evil.test" } }),
        ],
        [
          "messages.0.content.0.source.type",
          block({ type: "image", source: { type: "url", url: "https://evil.test" } }),
        ],
        ["messages.0.content.0.source.type", block({ type: "image", source: { type: "file", file_id: "file_other" } })],
        [
          "messages.0.content.0.source.data",
          block({ type: "image", source: { type: "base64", data: "https://evil.test" } }),
        ],
        ["messages.0.content.0.type", block({ type: "container_upload", file_id: "file_other" })],
        ["messages.0.content.0.type", block({ type: "tool_addition", tool: { type: "web_search_20260209" } })],
        ["messages.0.content.0.type", block({ type: "server_tool_use", id: "x", name: "web_search", input: {} })],
        ["messages.0.content.0.type", block({ type: "mcp_tool_use", server_name: "x" })],
        ["messages.0.content.0.type", block({ type: "code_execution_tool_result", content: {} })],
        ["messages.0.content.0.type", block({ type: "compaction", content: "x" })],
        [
          "messages.0.content.0.caller.type",
          block({
            type: "tool_use",
            id: "1",
            name: "f",
            input: {},
            caller: { type: "code_execution_20250825", tool_id: "x" },
          }),
        ],
        [
          "messages.0.content.0.content.0.source.type",
          result({ type: "image", source: { type: "file", file_id: "file_other" } }),
        ],
        ["messages.0.content.0.content.0.type", result({ type: "tool_reference", tool_name: "x" })],
        ["messages.0.content.0.content.0.type", result({ type: "tool_addition" })],
        [
          "messages.0.content.0.source.content.0.source.type",
          block({
            type: "document",
            source: { type: "content", content: [{ type: "image", source: { type: "url", url: "x" } }] },
          }),
        ],
        [
          "messages.0.content.0.type",
          { messages: [{ role: "system", content: [{ type: "tool_addition", tool: {} }] }] },
        ],
        ["system.0.type", { system: [{ type: "document", source: { type: "file", file_id: "file_other" } }] }],
      ],
    },
  ],
  notOffered: ["/v1/messages/batches", "/v1/messages/count_tokens", "/v1/files", "/v1/complete", "/v1/messages/"],
};
