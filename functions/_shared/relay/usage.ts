/** Reads the provider's counts from the end of its answer, which may be long and is not kept. */
import { isRecord, parseJson } from "../json.ts";
import type { Dialect } from "./dialects.ts";

/** The provider's own count of what it bills, in tokens. */
export interface Usage {
  /** All input tokens, those of the provider's cache included. */
  readonly input_tokens: number;
  /** The input tokens that were read from the provider's cache. */
  readonly cached_input_tokens: number;
  /** The input tokens that were written to the provider's cache, which some bill at more than input. */
  readonly cache_write_tokens: number;
  /** All output tokens, reasoning included. */
  readonly output_tokens: number;
}

/** More than any answer has; a count beyond it is none. */
const maxTokens = 1_000_000_000;

/**
 * The token counts in a JSON text, of which the front may be cut off.
 *
 * They are looked for from the end, and only as deep as the provider writes them: a model can be made to write an object of the
 * same name into the arguments of a tool, which would set its own price.
 */
export function countsIn(text: string, dialect: Dialect): Record<string, unknown> | null {
  let found: Record<string, unknown> | null = null;
  for (const path of dialect.usage) {
    const steps = path.split(".");
    const value = lastValueOf(text, steps.at(-1)!, steps.length);
    const counts = value === undefined ? undefined : parseJson(value);
    if (isRecord(counts)) found = { ...(found ?? {}), ...counts };
  }
  return found;
}

/** Whether an event has the field with which the provider says that its answer has ended. */
export function isFinal(data: string, { finalField }: Dialect): boolean {
  if (finalField === null) return false;
  const text = lastValueOf(data, finalField.key, finalField.depth);
  const value = text === undefined ? undefined : parseJson(text);
  return typeof value === "string" && value !== "" && value === (finalField.value ?? value);
}

/** Counts in our terms; null if they do not say how much came in and went out. */
export function usageOf(counts: Record<string, unknown> | null, dialect: Dialect): Usage | null {
  if (counts === null) return null;
  const sum = (paths: readonly string[]) =>
    paths.map((path) => at(counts, path)).reduce<number>((total, count) => total + (Number(count ?? 0) || 0), 0);
  const input_tokens = sum(dialect.counts.input);
  const cached_input_tokens = sum(dialect.counts.cachedInput);
  const usage = {
    input_tokens,
    cached_input_tokens,
    // No more was written than came in anew, though OpenAI calls its count "unadjusted". Below zero if more was cached than came in.
    cache_write_tokens: Math.min(sum(dialect.counts.cacheWrite), input_tokens - cached_input_tokens),
    output_tokens: sum(dialect.counts.output),
  };
  const isCounted = dialect.counts.input.some((path) => typeof at(counts, path) === "number");
  const areCounts = Object.values(usage).every(
    (count) => Number.isSafeInteger(count) && count >= 0 && count <= maxTokens,
  );
  return isCounted && areCounts ? usage : null;
}

function at(value: unknown, path: string): unknown {
  return path.split(".").reduce((inner, key) => (isRecord(inner) ? inner[key] : undefined), value);
}

/**
 * The text of the last value with this key at a depth (1: a field of the outermost object), read backwards from the end of a
 * JSON text. An array around the objects, as Google answers without `alt=sse`, is no depth.
 */
export function lastValueOf(text: string, key: string, depth: number): string | undefined {
  const trimmed = text.trimEnd();
  const end = trimmed.endsWith("]") ? trimmed.slice(0, -1).trimEnd() : trimmed;
  let level = 0;
  /** Where the value ends that is being read, at the wanted depth. */
  let valueEnd = -1;
  for (let index = end.length - 1; index >= 0; index--) {
    switch (end[index]) {
      case "}":
      case "]":
        if (++level === depth) valueEnd = index;
        break;
      case "{":
      case "[":
        // The text before belongs to the next object out.
        if (--level <= 0) return undefined;
        break;
      case ",":
        if (level === depth) valueEnd = index;
        break;
      case '"': {
        const start = startOfString(end, index);
        if (level === depth && end.slice(start + 1, index) === key) {
          const colon = /^\s*:/.exec(end.slice(index + 1, index + 17));
          if (colon && valueEnd > index) return end.slice(index + 1 + colon[0].length, valueEnd);
        }
        index = start;
      }
    }
  }
  return undefined;
}

/** Where the string begins that ends at a quotation mark: the one before that no backslash takes for a part of the string. */
function startOfString(text: string, end: number): number {
  for (let start = text.lastIndexOf('"', end - 1); start > 0; start = text.lastIndexOf('"', start - 1)) {
    let backslashes = 0;
    while (text[start - 1 - backslashes] === "\\") backslashes++;
    if (backslashes % 2 === 0) return start;
  }
  return 0;
}
