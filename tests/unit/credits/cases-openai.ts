import { image, type Json, type OfferCase, type ProviderCases } from "./cases.ts";
import { chatCase, embeddingsCase, said, weather } from "./cases-chat.ts";

const model = "gpt-4.1-mini";
const user = { role: "user", content: "Hi" };
const item = (item: Json): Json => ({ input: [user, item] });
const part = (part: Json): Json => ({ input: [{ role: "user", content: [part] }] });
const weatherTool = { type: "function", name: "weather", parameters: { web_search: {} } };

/** Tools that run at the provider, or reach what is stored there. */
const providerTools: readonly Json[] = [
  { type: "web_search" },
  { type: "web_search_preview" },
  { type: "file_search", vector_store_ids: ["vs_other"] },
  { type: "code_interpreter", container: { type: "auto" } },
  { type: "image_generation" },
  { type: "mcp", server_label: "x", server_url: "https://evil.test" },
  { type: "shell", environment: { type: "container_auto" } },
  { type: "computer" },
  { type: "programmatic_tool_calling" },
  { type: "tool_search", execution: "server" },
  { type: "brand_new_tool" },
];

const chat = chatCase("/v1/chat/completions", model, {
  always: { store: false },
  user: { safety_identifier: "5eedc0de" },
  usage: { stream_options: { include_usage: true } },
  welcome: [
    { service_tier: "default", modalities: ["text"], verbosity: "low", prompt_cache_key: "k" },
    {
      tools: [
        {
          type: "custom",
          custom: { name: "sql", format: { type: "grammar", grammar: { definition: "x", syntax: "lark" } } },
        },
      ],
    },
    {
      tool_choice: {
        type: "allowed_tools",
        allowed_tools: { mode: "auto", tools: [{ type: "function", function: { name: "f" } }] },
      },
    },
    said({ type: "file", file: { filename: "x.pdf", file_data: "data:application/pdf;base64,AA==" } }),
  ],
  changed: [[{ user: "ada", metadata: { a: "b" } }, { safety_identifier: "5eedc0de" }]],
  refused: [
    ["messages.0.content.0.file.file_id", said({ type: "file", file: { file_id: "file-other" } })],
    ["modalities.1", { modalities: ["text", "audio"] }],
    ["moderation", { moderation: { model: "x" } }],
    ["prompt_cache_options.ttl", { prompt_cache_options: { ttl: "12h" } }],
    [
      "messages.0.content.0.prompt_cache_breakpoint.ttl",
      said({ type: "text", text: "x", prompt_cache_breakpoint: { ttl: "12h" } }),
    ],
    ["messages.0.content.0.file.file_data", said({ type: "file", file: { file_data: "https://evil.test/x.pdf" } })],
    ["tools.0.type", { tools: [{ type: "function_search", function: weather.function }] }],
    [
      "tool_choice.allowed_tools.tools.0.type",
      { tool_choice: { type: "allowed_tools", allowed_tools: { tools: [{ type: "mcp" }] } } },
    ],
  ],
});

const responses: OfferCase = {
  path: "/v1/responses",
  model,
  body: { model, input: "Hi" },
  limit: ["max_output_tokens"],
  always: { store: false },
  user: { safety_identifier: "5eedc0de" },
  image: { body: part({ type: "input_image", image_url: image }), tokens: 50_000 },
  welcome: [
    {
      stream: true,
      instructions: "Be brief.",
      reasoning: { effort: "low", mode: "standard" },
      text: { verbosity: "low" },
    },
    { text: { format: { type: "json_schema", name: "x", schema: { type: "mcp", file_id: 1 } } }, background: false },
    { tools: [weatherTool, { type: "custom", name: "sql" }], tool_choice: { type: "function", name: "weather" } },
    { tools: [{ type: "namespace", name: "crm", description: "x", tools: [weatherTool] }] },
    { tools: [{ type: "tool_search", execution: "client", parameters: {} }], include: ["reasoning.encrypted_content"] },
    { service_tier: "default", truncation: "auto", max_tool_calls: 3 },
    item({ type: "additional_tools", role: "developer", tools: [weatherTool] }),
    item({ type: "tool_search_call", execution: "client", call_id: "1", arguments: { goal: "x" } }),
    item({ type: "tool_search_output", execution: "client", call_id: "1", tools: [weatherTool] }),
    // Without a type it is a message, also with an id.
    item({ role: "assistant", id: "msg_1", content: [{ type: "output_text", text: "Hello" }] }),
    item({ type: "reasoning", id: "rs_1", encrypted_content: "x", summary: [{ type: "summary_text", text: "x" }] }),
    {
      input: [
        {
          type: "message",
          id: "msg_1",
          role: "assistant",
          status: "completed",
          content: [{ type: "output_text", text: "Hello", annotations: [] }],
        },
        { type: "function_call", id: "fc_1", call_id: "call_1", name: "f", arguments: "{}", status: "completed" },
        { type: "function_call_output", call_id: "call_1", output: "{}" },
        { type: "function_call_output", call_id: "call_1", output: [{ type: "input_image", image_url: image }] },
        { role: "user", content: [{ type: "input_image", image_url: image, detail: "auto" }] },
      ],
    },
    part({ type: "input_file", filename: "x.pdf", file_data: "data:application/pdf;base64,AA==" }),
  ],
  changed: [
    [{ previous_response_id: null, conversation: null, prompt: null }, {}],
    [{ user: "ada", safety_identifier: "ada", metadata: { user_id: "ada" } }, { safety_identifier: "5eedc0de" }],
  ],
  refused: [
    ["previous_response_id", { previous_response_id: "resp_other" }],
    ["conversation", { conversation: "conv_other" }],
    ["prompt", { prompt: { id: "pmpt_other" } }],
    ["background", { background: true }],
    ["service_tier", { service_tier: "priority" }],
    ["context_management", { context_management: [{ type: "compaction" }] }],
    ["moderation", { moderation: { model: "x" } }],
    ["access_programs", { access_programs: { cyber: "daybreak_red" } }],
    ["image.context_compression", { image: { context_compression: "disabled" } }],
    ["include.0", { include: ["file_search_call.results"] }],
    ["reasoning.mode", { reasoning: { mode: "pro" } }],
    ["reasoning.tools", { reasoning: { tools: [] } }],
    ["text.format.type", { text: { format: { type: "grammar" } } }],
    ["text.voice", { text: { voice: "x" } }],
    ["prompt_cache_options.ttl", { prompt_cache_options: { ttl: "12h" } }],
    ["prompt_cache_options.prewarm", { prompt_cache_options: { prewarm: true } }],
    ["prompt_cache_options.comparison_response_id", { prompt_cache_options: { comparison_response_id: "resp_other" } }],
    ["tool_choice.type", { tool_choice: { type: "mcp", server_label: "x" } }],
    ["tool_choice.tools.0.type", { tool_choice: { type: "allowed_tools", mode: "auto", tools: [{ type: "mcp" }] } }],
    ["tools.0.allowed_callers.0", { tools: [{ ...weatherTool, allowed_callers: ["programmatic"] }] }],
    ["tools.0.tools.0.type", { tools: [{ type: "namespace", name: "x", tools: [{ type: "web_search" }] }] }],
    // The provider searches by default.
    ["tools.0.execution", { tools: [{ type: "tool_search" }] }],
    // Tools are defined in three places.
    ...providerTools.flatMap((tool): [string, Json][] => {
      const field = tool.type === "tool_search" ? "execution" : "type";
      return [
        [`tools.1.${field}`, { tools: [weatherTool, tool] }],
        [`input.1.tools.0.${field}`, item({ type: "additional_tools", role: "developer", tools: [tool] })],
        [`input.1.tools.0.${field}`, item({ type: "tool_search_output", execution: "client", tools: [tool] })],
      ];
    }),
    ["input.1.execution", item({ type: "tool_search_output", tools: [] })],
    ["input.1.execution", item({ type: "tool_search_call", execution: "server", arguments: {} })],
    ["input.1.type", item({ type: "item_reference", id: "msg_other" })],
    // `type` may be left out of a reference: https://developers.openai.com/api/reference/resources/responses
    ["input.1.type", item({ id: "msg_other" })],
    ["input.1.type", item({ type: null, id: "msg_other" })],
    ["input.1.content", item({ role: "user", id: "msg_other" })],
    ["input.1.role", item({ type: "message", id: "msg_other" })],
    ["input.1.arguments", item({ type: "function_call", id: "fc_other" })],
    ["input.1.output", item({ type: "function_call_output", id: "fc_other", call_id: "1" })],
    ["input.1.encrypted_content", item({ type: "reasoning", id: "rs_other", summary: [] })],
    ["input.1.encrypted_content", item({ type: "reasoning", id: "rs_other", summary: [], encrypted_content: null })],
    ["input.1.type", item({ type: "image_generation_call", id: "ig_other" })],
    ["input.1.type", item({ type: "code_interpreter_call", id: "ci_other", container_id: "cntr_other" })],
    ["input.1.type", item({ type: "shell_call", environment: { type: "container_reference", container_id: "x" } })],
    ["input.1.type", item({ type: "shell_call_output", call_id: "1", output: [] })],
    ["input.1.type", item({ type: "mcp_call", server_label: "x" })],
    ["input.1.type", item({ type: "mcp_approval_response", approval_request_id: "x", approve: true })],
    ["input.1.type", item({ type: "web_search_call", id: "ws_other" })],
    ["input.1.type", item({ type: "configuration_update", reasoning: { effort: "max" } })],
    ["input.1.type", item({ type: "compaction_trigger" })],
    ["input.1.type", item({ type: "compaction", encrypted_content: "x" })],
    ["input.1.type", item({ type: "program", code: "x" })],
    [
      "input.1.caller.type",
      item({ type: "function_call", arguments: "{}", caller: { type: "program", caller_id: "x" } }),
    ],
    ["input.1.file_id", item({ role: "user", content: "Hi", file_id: "file-other" })],
    ["input.0.content.0.file_id", part({ type: "input_file", file_id: "file-other" })],
    ["input.0.content.0.file_url", part({ type: "input_file", file_url: "https://evil.test/x.pdf" })],
    ["input.0.content.0.file_id", part({ type: "input_image", file_id: "file-other" })],
    ["input.0.content.0.image_url", part({ type: "input_image", image_url: "https://evil.test/x.png" })],
    ["input.0.content.0.detail", part({ type: "input_image", image_url: image, detail: "high" })],
    ["input.0.content.0.detail", part({ type: "input_file", file_data: "AA==", detail: "high" })],
    ["input.0.content.0.type", part({ type: "input_audio", input_audio: {} })],
    [
      "input.0.content.0.annotations.0.type",
      part({ type: "output_text", text: "x", annotations: [{ type: "file_citation", file_id: "x" }] }),
    ],
    [
      "input.1.output.0.file_id",
      item({ type: "function_call_output", output: [{ type: "input_file", file_id: "file-other" }] }),
    ],
  ],
};

export const openaiCases: ProviderCases = {
  offered: [chat, responses, embeddingsCase("/v1/embeddings", "text-embedding-3-small")],
  notOffered: [
    "/v1/chat/completions/chatcmpl-1",
    "/v1/responses/resp_1/cancel",
    "/v1/responses/compact",
    "/v1/responses/input_tokens",
    "/v1/files",
    "/v1/fine_tuning/jobs",
    "/v1/batches",
    "/v1/images/generations",
    "/v1/chat/completionsx",
    "/v1/x/v1/chat/completions",
  ],
};
