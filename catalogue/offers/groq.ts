/**
 * Groq: chat completions and embeddings, in OpenAI's words.
 *
 * Sources: https://console.groq.com/docs/api-reference and the input types of `groq-sdk` 1.6.0, read 2026-11-25.
 */
import { chatFields, contentOf, functionTool, imagePart, messagesOf } from "./openai-chat.ts";
import { embeddings } from "./openai-embeddings.ts";
import { refuse } from "./reasons.ts";
import type { FieldsShape, Offer, UnionShape } from "./types.ts";

/** Text or JSON in the request itself. */
const contextDocument: FieldsShape = {
  fields: {
    id: "text",
    source: {
      by: "type",
      members: { text: { fields: { text: "text" } }, json: { fields: { data: "json" } } },
    },
  },
};

const content = contentOf({
  text: { fields: { text: "text" } },
  image_url: imagePart,
  document: { fields: { document: { fields: { data: "json", id: "text" } } } },
});

const tools: UnionShape = {
  by: "type",
  members: { function: functionTool },
  refused: refuse("provider_tool", "browser_search", "code_interpreter"),
};

const chat: Offer = {
  path: "^/openai/v1/chat/completions$",
  limit: { names: ["max_completion_tokens", "max_tokens"] },
  userHash: ["user"],
  // 6,404 for an image with the largest of its vision models. https://console.groq.com/docs/vision
  mediaTokens: { image: 10_000, document: 0 },
  body: {
    fields: {
      ...chatFields,
      messages: messagesOf(content, content, { reasoning: "text" }),
      tools: { list: tools },
      citation_options: "text",
      disable_tool_validation: "boolean",
      documents: { list: contextDocument },
      include_reasoning: "boolean",
      reasoning_format: "text",
      // `flex` costs what `on_demand` does. https://console.groq.com/docs/service-tiers
      service_tier: { values: ["auto", "on_demand", "flex"], refused: refuse("dearer", "performance") },
    },
    refused: refuse("provider_tool", "compound_custom", "search_settings", "include_domains", "exclude_domains"),
  },
};

export const groqOffers: readonly Offer[] = [chat, embeddings("^/openai/v1/embeddings$")];
