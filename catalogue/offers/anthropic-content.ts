/** The blocks of Anthropic's messages. Sources: see anthropic.ts. */
import { refuse } from "./reasons.ts";
import type { AnyShape, FieldsShape, UnionShape } from "./types.ts";

/** Five minutes is the default; an hour costs more to write. */
export const cacheControl: UnionShape = {
  by: "type",
  members: { ephemeral: { fields: { ttl: { values: ["5m"], refused: refuse("cache_lifetime", "1h") } } } },
};

/** The words of a citation are the model's, and read as text. Other kinds refer to documents in the request. */
const citation: FieldsShape = {
  fields: {
    cited_text: "text",
    document_index: "number",
    document_title: "text",
    start_char_index: "number",
    end_char_index: "number",
    start_page_number: "number",
    end_page_number: "number",
    start_block_index: "number",
    end_block_index: "number",
    search_result_index: "number",
    source: "text",
    title: "text",
    // Answers have it, requests do not.
    file_id: "ignored",
  },
};

const text: FieldsShape = {
  fields: {
    text: "text",
    cache_control: cacheControl,
    citations: {
      list: {
        by: "type",
        members: {
          char_location: citation,
          page_location: citation,
          content_block_location: citation,
          search_result_location: citation,
        },
        refused: refuse("provider_tool", "web_search_result_location"),
      },
    },
  },
};

const refusedSources = { ...refuse("address", "url"), ...refuse("stored", "file") };

const image: FieldsShape = {
  fields: {
    source: {
      by: "type",
      members: { base64: { fields: { media_type: "text", data: { media: "image", as: "base64" } } } },
      refused: refusedSources,
    },
    cache_control: cacheControl,
    transformations: { fields: { oversized_image: "text" } },
  },
};

const citationsEnabled: FieldsShape = { fields: { enabled: "boolean" } };

const document: FieldsShape = {
  fields: {
    source: {
      by: "type",
      members: {
        base64: { fields: { media_type: "text", data: { media: "document", as: "base64" } } },
        text: { fields: { media_type: "text", data: "text" } },
        content: { fields: { content: { any: ["text", { list: { by: "type", members: { text, image } } }] } } },
      },
      refused: refusedSources,
    },
    title: "text",
    context: "text",
    citations: citationsEnabled,
    cache_control: cacheControl,
  },
};

const searchResult: FieldsShape = {
  fields: {
    source: "text",
    title: "text",
    content: { list: { by: "type", members: { text } } },
    citations: citationsEnabled,
    cache_control: cacheControl,
  },
};

const refusedBlocks = {
  ...refuse("stored", "container_upload"),
  ...refuse("dearer", "compaction", "fallback"),
  ...refuse(
    "provider_tool",
    "advisor_tool_result",
    "bash_code_execution_tool_result",
    "browser_state",
    "code_execution_tool_result",
    "mcp_tool_listing",
    "mcp_tool_result",
    "mcp_tool_use",
    "server_tool_use",
    "text_editor_code_execution_tool_result",
    "tool_addition",
    "tool_reference",
    "tool_removal",
    "tool_search_tool_result",
    "web_fetch_tool_result",
    "web_search_tool_result",
  ),
};

/** The content of a message. */
export const content: AnyShape = {
  any: [
    "text",
    {
      list: {
        by: "type",
        members: {
          text,
          image,
          document,
          search_result: searchResult,
          thinking: { fields: { thinking: "text", signature: "text" } },
          redacted_thinking: { fields: { data: "text" } },
          tool_use: {
            fields: {
              id: "text",
              name: "text",
              input: "json",
              caller: {
                by: "type",
                members: { direct: { fields: {} } },
                refused: refuse("provider_tool", "code_execution_20250825", "code_execution_20260120"),
              },
              cache_control: cacheControl,
            },
            refused: refuse("provider_tool", "toolset_name"),
          },
          tool_result: {
            fields: {
              tool_use_id: "text",
              is_error: "boolean",
              content: {
                any: [
                  "text",
                  {
                    list: {
                      by: "type",
                      members: { text, image, document, search_result: searchResult },
                      refused: refusedBlocks,
                    },
                  },
                ],
              },
              cache_control: cacheControl,
            },
            refused: refuse("provider_tool", "toolset_name"),
          },
        },
        refused: refusedBlocks,
      },
    },
  ],
};

/** Text for the system prompt, of a request or in the middle of a conversation. */
export const systemText: AnyShape = {
  any: ["text", { list: { by: "type", members: { text }, refused: refusedBlocks } }],
};
