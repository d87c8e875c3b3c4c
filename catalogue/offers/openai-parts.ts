/**
 * The parts that OpenAI's two generation endpoints share, and Groq's with them.
 *
 * Sources: https://developers.openai.com/api/reference and the input types of `openai` 7.57.0, read 2026-11-25.
 */
import { refuse } from "./reasons.ts";
import type { FieldsShape, ListShape, UnionShape, ValuesShape } from "./types.ts";

/**
 * Most tokens that a medium costs, whatever its bytes. An image: 48,169 with gpt-4o-mini in high detail, 10,000 patches with later
 * models. A document: all that fits into the longest context. https://developers.openai.com/api/docs/guides/images-vision
 */
export const mediaTokens = { image: 50_000, document: 1_000_000 };

/** `auto` is the default; what it may choose is in `mediaTokens`. */
export const detail: ValuesShape = { values: ["auto", "low"], refused: refuse("detail", "high", "original") };

/** The shortest lifetime is the default; a longer one is priced higher. */
const cacheLifetime: ValuesShape = { values: ["30m"], refused: refuse("cache_lifetime", "12h") };

export const promptCacheBreakpoint: FieldsShape = { fields: { mode: "text", ttl: cacheLifetime } };

export const promptCacheOptions: FieldsShape = {
  fields: { mode: "text", ttl: cacheLifetime },
  refused: { ...refuse("stored", "comparison_response_id"), ...refuse("dearer", "prewarm") },
};

/** `flex` costs less. */
export const serviceTier: ValuesShape = {
  values: ["auto", "default", "flex"],
  refused: refuse("dearer", "scale", "priority", "fast", "ultrafast"),
};

const grammar = { definition: "text", syntax: "text" } as const;

/** A grammar for the input of a custom tool, as the Responses endpoint reads it. */
export const customFormat: UnionShape = {
  by: "type",
  members: { text: { fields: {} }, grammar: { fields: grammar } },
};

/** As chat completions read it. */
export const chatCustomFormat: UnionShape = {
  by: "type",
  members: { text: { fields: {} }, grammar: { fields: { grammar: { fields: grammar } } } },
};

/** A tool that the client runs, named again where tools are chosen. */
export const namedTools: ListShape = {
  list: {
    by: "type",
    members: {
      function: { fields: { name: "text", function: { fields: { name: "text" } } } },
      custom: { fields: { name: "text", custom: { fields: { name: "text" } } } },
    },
    refused: refuse("provider_tool", "mcp", "image_generation", "web_search", "file_search", "code_interpreter"),
  },
};
