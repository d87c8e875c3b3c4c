/** What a request on platform credits may ask of the platform's own key. BYOK requests never come here. */
import { ByokError } from "../errors.ts";
import { isRecord } from "../json.ts";
import type { Adapter, PlatformRule } from "../providers/types.ts";
import { isFieldName } from "../request/validation.ts";

export interface PlatformLimits {
  /** Models that credits may buy, as the provider spells them. */
  readonly models: readonly string[];
  readonly maxOutputTokens: number;
}

/** The rule for a path; undefined where credits never pay. */
export function platformRule(adapter: Adapter, method: string, path: string): PlatformRule | undefined {
  return method === "POST" ? adapter.platformRules.find((rule) => rule.path.test(path)) : undefined;
}

/**
 * The body as the platform sends it: checked field by field, its output capped, nothing stored.
 *
 * @throws ByokError `not_offered` naming the model or field that credits do not buy
 */
export function platformBody(
  rule: PlatformRule,
  path: string,
  body: Record<string, unknown>,
  limits: PlatformLimits,
): Record<string, unknown> {
  const model = rule.path.exec(path)?.groups?.model ?? body.model;
  if (typeof model !== "string" || !limits.models.includes(model)) throw notOffered("model", "This model");
  requireFields(body, rule.fields);
  for (const [name, fields] of Object.entries(rule.nestedFields ?? {})) {
    const nested = body[name];
    if (nested !== undefined) requireFields(nested, fields, name);
  }
  if (body.tools !== undefined && !areClientTools(body.tools, rule))
    throw notOffered("tools", "A tool that the provider runs");
  for (const field of rule.content) {
    if (refersToStored(body[field], rule)) throw notOffered(field, "A file or another object stored with the provider");
  }
  return rule.limit(body, limits.maxOutputTokens);
}

/** Of a query only `alt=sse` is the client's to choose. An answer in another form would be paid for and not be passed on. */
export function platformSearch(search: string): string {
  return new URLSearchParams(search).get("alt") === "sse" ? "?alt=sse" : "";
}

/** @param name of the object, empty for the body itself */
function requireFields(value: unknown, fields: readonly string[], name = ""): void {
  if (!isRecord(value)) throw notOffered(name, "This form of the field");
  const other = Object.keys(value).find((field) => !fields.includes(field));
  if (other === undefined) return;
  const path = [name, isFieldName(other) ? other : ""].filter(Boolean).join(".");
  throw notOffered(path || "body", "This field");
}

function areClientTools(tools: unknown, rule: PlatformRule): boolean {
  return Array.isArray(tools) && tools.every((tool) => isRecord(tool) && rule.isClientTool(tool));
}

/** Walks the conversation without recursion: nesting as deep as a body allows must not overflow the stack. */
function refersToStored(conversation: unknown, rule: PlatformRule): boolean {
  const pending = [conversation];
  while (pending.length > 0) {
    const value = pending.pop();
    if (Array.isArray(value)) {
      for (const item of value) pending.push(item);
    } else if (isRecord(value)) {
      if (rule.isReference?.(value)) return true;
      for (const [key, item] of Object.entries(value)) {
        if (rule.references.includes(key) || (key === "type" && rule.references.includes(String(item)))) return true;
        if (!rule.opaque.includes(key)) pending.push(item);
      }
    }
  }
  return false;
}

function notOffered(field: string, what: string): ByokError {
  return new ByokError("not_offered", {
    message: `${what} is not available on platform credits. Bring your own API key to use it.`,
    details: { field },
  });
}
