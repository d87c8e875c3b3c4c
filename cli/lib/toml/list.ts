/** Items of an array or of an inline table, put in and taken out without touching their neighbours' layout. */
import type { AST } from "toml-eslint-parser";
import type { Splice, TomlDocument } from "./document.ts";

export type List = AST.TOMLArray | AST.TOMLInlineTable;

/** An item that goes in, with the space around it. */
export interface NewItem {
  readonly lead: string;
  readonly tail: string;
  /** Position of the item's lead. */
  readonly at: number;
  /** Position of the comma that the last item so far needs; undefined if it has one, or there is no item. */
  readonly commaAt: number | undefined;
}

/** The array or inline table that a key has as its value; undefined where it has another, or is not there. */
export function listAt(document: TomlDocument, path: readonly string[]): List | undefined {
  const node = document.find(path)?.node;
  const value = node?.type === "TOMLKeyValue" ? node.value : undefined;
  return value?.type === "TOMLArray" || value?.type === "TOMLInlineTable" ? value : undefined;
}

export function itemsOf(list: List): readonly AST.TOMLNode[] {
  return list.type === "TOMLArray" ? list.elements : list.body;
}

/** The place for a last item: on a line of its own where the last one so far is, with a comma behind it where that has one. */
export function placeOfNewItem(document: TomlDocument, list: List): NewItem {
  const last = itemsOf(list).at(-1);
  const closing = list.range[1] - 1;
  if (!last) {
    const space = list.type === "TOMLArray" ? "" : " ";
    return { lead: space, tail: space, at: list.range[0] + 1, commaAt: undefined };
  }
  const comma = document.commaBetween(last.range[1], closing);
  const end = comma === undefined ? last.range[1] : comma + 1;
  const indent = document.lineBefore(last.range[0]);
  const tail = comma === undefined ? "" : ",";
  const commaAt = comma === undefined ? last.range[1] : undefined;
  if (indent.trim() !== "") return { lead: " ", tail, at: end, commaAt };
  return { lead: document.eol + indent, tail, at: Math.min(document.lineEnd(end), closing), commaAt };
}

/** Takes an item out with one of its commas. Comments stay. */
export function withoutItem(document: TomlDocument, list: List, item: AST.TOMLNode): readonly Splice[] {
  const items = itemsOf(list);
  const at = items.indexOf(item);
  const [start, end] = item.range;
  const behind = document.commaBetween(end, items[at + 1]?.range[0] ?? list.range[1] - 1);
  if (behind !== undefined) return [cut(start, end), cut(behind, behind + 1)];
  const before = at > 0 ? document.commaBetween(items[at - 1]!.range[1], start) : undefined;
  return before === undefined ? [cut(start, end)] : [cut(before, before + 1), cut(start, end)];
}

export function cut(start: number, end: number): Splice {
  return { start, end, text: "" };
}
