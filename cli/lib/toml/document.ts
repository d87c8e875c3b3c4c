/** A TOML file as text, as values, and as nodes with positions in the text. */
import { isDeepStrictEqual } from "node:util";
import { parse, type TomlTable, TomlError } from "smol-toml";
import { type AST, parseTOML } from "toml-eslint-parser";
import { CommandError } from "../command.ts";

/** A place where a key gets its value or a table its header. */
export interface Definition {
  /** The whole path of the key, such as `["api", "schemas"]`. Elements of arrays of tables have their index in it. */
  readonly path: readonly string[];
  readonly node: AST.TOMLTable | AST.TOMLKeyValue;
  /** The path of the table that it stands in; empty at the top. */
  readonly within: readonly string[];
}

/** A part of the text to replace. Positions are in UTF-16 units, as in a JavaScript string. */
export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export class TomlDocument {
  readonly text: string;
  readonly value: TomlTable;
  readonly definitions: readonly Definition[];
  readonly #tokens: readonly AST.Token[];

  /** @throws CommandError unless the text is TOML; the file's own text is not repeated, as it may hold secrets */
  constructor(text: string, name: string) {
    this.text = text;
    this.value = readValue(text, name);
    // The parser counts no byte order mark, so a space stands for it.
    const [program, tokens] = parseNodes(text.replace(/^\ufeff/, " "), name);
    this.definitions = program.body.flatMap((node) => definitionsOf(node, []));
    this.#tokens = tokens;
  }

  /** The end of line that the file has, or that a new one gets. */
  get eol(): "\r\n" | "\n" {
    return this.text.includes("\r\n") ? "\r\n" : "\n";
  }

  find(path: readonly string[]): Definition | undefined {
    return this.definitions.find((definition) => isDeepStrictEqual(definition.path, path));
  }

  /** The end of the line of a position, before its line break. Only for a position with no string behind it in its line. */
  lineEnd(position: number): number {
    const newline = this.text.indexOf("\n", position);
    if (newline < 0) return this.text.length;
    return this.text[newline - 1] === "\r" && newline > position ? newline - 1 : newline;
  }

  /** The text of a position's line before it. */
  lineBefore(position: number): string {
    return this.text.slice(this.text.lastIndexOf("\n", position - 1) + 1, position);
  }

  /** The first comma between two positions; undefined if there is none. */
  commaBetween(start: number, end: number): number | undefined {
    const isComma = ({ type, value, range }: AST.Token) =>
      type === "Punctuator" && value === "," && range[0] >= start && range[0] < end;
    return this.#tokens.find(isComma)?.range[0];
  }

  spliced(splices: readonly Splice[]): string {
    const fromTheEnd = splices.map((splice, order) => ({ ...splice, order }));
    fromTheEnd.sort((a, b) => b.start - a.start || b.order - a.order);
    return fromTheEnd.reduce(
      (text, { start, end, text: own }) => text.slice(0, start) + own + text.slice(end),
      this.text,
    );
  }
}

/** The values of a TOML text. Integers are bigint, so that none is rounded. */
export function readValue(text: string, name: string): TomlTable {
  try {
    return parse(text, { integersAsBigInt: true });
  } catch (error) {
    throw error instanceof TomlError ? noToml(name, error.line) : error;
  }
}

function parseNodes(text: string, name: string): [AST.TOMLTopLevelTable, readonly AST.Token[]] {
  try {
    const program = parseTOML(text, { tomlVersion: "1.1" });
    return [program.body[0], program.tokens];
  } catch (error) {
    const { lineNumber } = error as { lineNumber?: number };
    throw lineNumber === undefined ? error : noToml(name, lineNumber);
  }
}

function noToml(name: string, line: number): CommandError {
  return new CommandError(`${name} is no TOML: line ${line} is not understood.`, { nextStep: "Mend that line first." });
}

function definitionsOf(node: AST.TOMLTable | AST.TOMLKeyValue, within: readonly string[]): Definition[] {
  if (node.type === "TOMLTable") {
    const path = node.resolvedKey.map(String);
    return [{ path, node, within: [] }, ...node.body.flatMap((entry) => definitionsOf(entry, path))];
  }
  const path = [...within, ...node.key.keys.map((key) => (key.type === "TOMLBare" ? key.name : key.value))];
  const inner = node.value.type === "TOMLInlineTable" ? node.value.body : [];
  return [{ path, node, within }, ...inner.flatMap((entry) => definitionsOf(entry, path))];
}
