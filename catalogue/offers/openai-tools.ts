/** The tools of OpenAI's Responses endpoint, wherever they are defined. Sources: see openai-responses.ts. */
import { customFormat } from "./openai-parts.ts";
import { refuse } from "./reasons.ts";
import type { FieldsShape, UnionShape, ValuesShape } from "./types.ts";

/** Only the model itself calls a tool, not a program that the provider runs. */
const allowedCallers: { list: ValuesShape } = {
  list: { values: ["direct"], refused: refuse("provider_tool", "programmatic") },
};
export const caller: UnionShape = {
  by: "type",
  members: { direct: { fields: {} } },
  refused: refuse("provider_tool", "program"),
};

const functionTool: FieldsShape = {
  fields: {
    name: "text",
    description: "text",
    parameters: "json",
    output_schema: "json",
    strict: "boolean",
    async: "boolean",
    defer_loading: "boolean",
    allowed_callers: allowedCallers,
  },
};

const customTool: FieldsShape = {
  fields: {
    name: "text",
    description: "text",
    format: customFormat,
    async: "boolean",
    defer_loading: "boolean",
    allowed_callers: allowedCallers,
  },
};

/** Where a search for tools runs: the provider's default is its own server. */
export const execution: ValuesShape = { values: ["client"], refused: refuse("provider_tool", "server") };
export const searchedByClient = { execution: "provider_tool" } as const;

/** Tools that the client runs. Every other kind runs at the provider, or is priced as if it did. */
export const clientTools: UnionShape = {
  by: "type",
  members: {
    function: functionTool,
    custom: customTool,
    namespace: {
      fields: {
        name: "text",
        description: "text",
        tools: { list: { by: "type", members: { function: functionTool, custom: customTool } } },
      },
    },
    tool_search: { fields: { execution, description: "text", parameters: "json" }, needs: searchedByClient },
  },
  refused: refuse(
    "provider_tool",
    "apply_patch",
    "code_interpreter",
    "computer",
    "computer_use_preview",
    "file_search",
    "image_generation",
    "local_shell",
    "mcp",
    "programmatic_tool_calling",
    "shell",
    "web_search",
    "web_search_2025_08_26",
    "web_search_preview",
    "web_search_preview_2025_03_11",
  ),
};
