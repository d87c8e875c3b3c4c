import type { ProviderCases } from "./cases.ts";
import { chatCase, embeddingsCase, said } from "./cases-chat.ts";

export const groqCases: ProviderCases = {
  offered: [
    chatCase("/openai/v1/chat/completions", "openai/gpt-oss-20b", {
      user: { user: "5eedc0de" },
      image: { body: {}, tokens: 10_000 },
      welcome: [
        { reasoning_format: "hidden", include_reasoning: false, service_tier: "on_demand" },
        { service_tier: "flex", disable_tool_validation: true, citation_options: "disabled" },
        { documents: [{ id: "1", source: { type: "text", text: "x" } }, { source: { type: "json", data: { a: 1 } } }] },
        said({ type: "document", document: { id: "1", data: { url: "x" } } }),
        { messages: [{ role: "assistant", content: "Hi", reasoning: "x" }] },
      ],
      changed: [[{ user: "ada", metadata: { a: "b" } }, { user: "5eedc0de" }]],
      refused: [
        ["service_tier", { service_tier: "performance" }],
        ["tools.0.type", { tools: [{ type: "browser_search" }] }],
        ["tools.0.type", { tools: [{ type: "code_interpreter" }] }],
        ["compound_custom", { compound_custom: { tools: { enabled_tools: ["web_search"] } } }],
        ["search_settings", { search_settings: {} }],
        ["include_domains", { include_domains: ["x"] }],
      ],
    }),
    embeddingsCase("/openai/v1/embeddings", "nomic-embed-text-v1_5"),
  ],
  notOffered: [
    "/openai/v1/files",
    "/openai/v1/batches",
    "/openai/v1/responses",
    "/openai/v1/audio/speech",
    "/v1/chat/completions",
  ],
};
