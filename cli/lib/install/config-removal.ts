/** Takes the edit of a supabase/config.toml out again, proved as the edit is. */
import type { AST } from "toml-eslint-parser";
import type { TomlTable } from "smol-toml";
import { type Splice, TomlDocument } from "../toml/document.ts";
import { cut, itemsOf, listAt, withoutItem } from "../toml/list.ts";
import type { ConfigEdit, ConfigInsertion } from "./config-toml.ts";
import { configName, hasValue, tableAt, valueWithout } from "./config-values.ts";

/** A way to take an insertion out, and the values that it leaves. */
interface Removal {
  readonly splices: readonly Splice[];
  readonly value: TomlTable;
}

/**
 * Where the adopter has not changed the inserted lines, the text is what it would be without the edit, byte by byte.
 *
 * @returns the text, and the paths of settings that the adopter has rewritten so that they stay
 * @throws CommandError if the text is no TOML
 */
export function uneditConfig(text: string, edit: ConfigEdit): { text: string; kept: readonly string[] } {
  const kept: string[] = [];
  let unedited = text;
  for (const insertion of edit.insertions.toReversed()) {
    const document = new TomlDocument(unedited, configName);
    const isLeft = isThere(document, insertion, edit.schema);
    if (!isLeft) continue;
    const ways = [asInserted, asFound].flatMap((way) => way(document, insertion, edit.schema) ?? []);
    const proved = ways
      .map((way) => ({ ...way, text: document.spliced(way.splices) }))
      .find(({ text: left, value }) => hasValue(left, value));
    if (proved) unedited = proved.text;
    else kept.push(insertion.path.join("."));
  }
  return { text: unedited, kept };
}

function isThere({ value }: TomlDocument, { path }: ConfigInsertion, schema: string): boolean {
  const setting = tableAt(value, path.slice(0, -1))?.[path.at(-1)!];
  return path.at(-1) === "schemas" ? Array.isArray(setting) && setting.includes(schema) : setting !== undefined;
}

/** Exactly the inserted text, where it still stands as it was inserted. */
function asInserted(document: TomlDocument, insertion: ConfigInsertion, schema: string): Removal | undefined {
  const { path, isElement, anchor, lead, text, tail, hasComma } = insertion;
  const node = isElement ? elementOf(document, path, schema) : document.find(anchor)?.node;
  if (!node) return undefined;
  const start = node.range[0] - lead.length;
  const end = node.range[0] + text.length + tail.length;
  if (start < 0 || document.text.slice(start, end) !== lead + text + tail) return undefined;
  const value = valueWithout(document.text, path, isElement ? schema : undefined);
  if (!hasComma) return { splices: [cut(start, end)], value };
  const list = listAt(document, isElement ? path : path.slice(0, -1));
  const before = list && itemsOf(list).findLast(({ range }) => range[1] <= start);
  if (before === undefined || document.text[before.range[1]] !== ",") return undefined;
  return { splices: [cut(before.range[1], before.range[1] + 1), cut(start, end)], value };
}

/** The element or the function's settings, as the adopter has written them since. */
function asFound(document: TomlDocument, insertion: ConfigInsertion, schema: string): Removal | undefined {
  const { path, lead } = insertion;
  if (path.at(-1) === "schemas") {
    const element = elementOf(document, path, schema);
    const list = listAt(document, path);
    if (!element || !list) return undefined;
    return { splices: withoutItem(document, list, element), value: valueWithout(document.text, path, schema) };
  }
  const value = valueWithout(document.text, path);
  const inline = listAt(document, path.slice(0, -1));
  const item = inline && document.find(path)?.node;
  if (item) return { splices: withoutItem(document, inline, item), value };
  const parts = document.definitions.filter(
    (one) => path.every((key, at) => key === one.path[at]) && one.within.length < path.length,
  );
  return { splices: parts.map(({ node }) => cutLines(document, node.range, lead)), value };
}

/** Whole lines, with the comment above them if it is the inserted one. */
function cutLines(document: TomlDocument, [start, end]: AST.Range, lead: string): Splice {
  const from = document.text.slice(0, start).endsWith(lead) ? start - lead.length : start;
  const lineEnd = document.lineEnd(end);
  const hasBreak = document.text.slice(lineEnd, lineEnd + document.eol.length) === document.eol;
  // The lead begins with the line break of the line above.
  return cut(from, from < start || !hasBreak ? lineEnd : lineEnd + document.eol.length);
}

function elementOf(document: TomlDocument, path: readonly string[], schema: string): AST.TOMLNode | undefined {
  const list = listAt(document, path);
  return list && itemsOf(list).find((item) => item.type === "TOMLValue" && item.value === schema);
}
