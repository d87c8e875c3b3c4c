/** Structured output: the schema that a request asks for, and a value that keeps to it. */
import { isRecord } from "../../../functions/_shared/json.ts";

/**
 * Where requests hold the JSON schema of their answer: OpenAI's chats and responses, Anthropic's messages, Google's generations.
 * https://developers.openai.com/api/docs/guides/structured-outputs, https://platform.claude.com/docs/en/build-with-claude/structured-outputs,
 * https://ai.google.dev/gemini-api/docs/structured-output, November 2026
 */
const places: readonly (readonly string[])[] = [
  ["response_format", "json_schema", "schema"],
  ["text", "format", "schema"],
  ["output_config", "format", "schema"],
  ["output_format", "schema"],
  ["generationConfig", "responseJsonSchema"],
  ["generationConfig", "responseSchema"],
];

/** Returns the schema, or null where the request asks for plain text. */
export function schemaIn(body: Record<string, unknown>): Record<string, unknown> | null {
  for (const place of places) {
    const found = place.reduce<unknown>((value, name) => (isRecord(value) ? value[name] : undefined), body);
    if (isRecord(found)) return found;
  }
  return null;
}

/** Returns a value that a schema accepts: every property is there, and texts name their property. */
export function sampleOf(schema: unknown, name = "text", root = schema): unknown {
  if (!isRecord(schema)) return `some ${name}`;
  const { $ref, anyOf, const: constant, enum: choices, items, properties, minimum } = schema;
  if (typeof $ref === "string") return sampleOf(resolve(root, $ref), name, root);
  if (Array.isArray(anyOf)) return sampleOf(anyOf[0], name, root);
  if (constant !== undefined) return constant;
  if (Array.isArray(choices)) return choices[0];
  // Google's SDK writes the types in capitals.
  const [type] = [schema.type].flat();
  switch (typeof type === "string" ? type.toLowerCase() : "object") {
    case "object": {
      const fields = isRecord(properties) ? Object.entries(properties) : [];
      return Object.fromEntries(fields.map(([field, value]) => [field, sampleOf(value, field, root)]));
    }
    case "array":
      return items === undefined ? [] : [sampleOf(items, name, root)];
    case "number":
    case "integer":
      return typeof minimum === "number" ? minimum : 1;
    case "boolean":
      return true;
    case "null":
      return null;
    default:
      return `some ${name}`;
  }
}

function resolve(root: unknown, ref: string): unknown {
  const names = ref.replace(/^#\/?/, "").split("/").filter(Boolean);
  return names.reduce<unknown>((value, name) => (isRecord(value) ? value[name] : undefined), root);
}
