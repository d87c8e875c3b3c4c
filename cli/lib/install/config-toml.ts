/**
 * The edit of an adopter's supabase/config.toml: schema byok among the exposed ones, and the function's section. It is spliced into the
 * text, so that comments and layout stay, and proved: the values before and what was asked for make the values after.
 */
import { isDeepStrictEqual } from "node:util";
import type { TomlTable } from "smol-toml";
import { CommandError } from "../command.ts";
import { type Definition, TomlDocument } from "../toml/document.ts";
import { listAt, placeOfNewItem } from "../toml/list.ts";
import {
  configName,
  defaultSchemas,
  functionSettings,
  hasValue,
  schemaPaths,
  tableAt,
  valueWith,
  type WantedConfig,
} from "./config-values.ts";

/** One insertion, as the lock file keeps it. Its whole text is lead, text and tail. */
export interface ConfigInsertion {
  /** The setting that it makes, or the list that it makes longer. */
  readonly path: readonly string[];
  /** It is one element of the list at the path. */
  readonly isElement: boolean;
  /** The key or header with which the text begins; the path itself, or a table around it. */
  readonly anchor: readonly string[];
  /** Line breaks, spaces and comments before the text. */
  readonly lead: string;
  readonly text: string;
  readonly tail: string;
  /** The item before it got a comma. */
  readonly hasComma: boolean;
}

export interface ConfigEdit extends WantedConfig {
  readonly insertions: readonly ConfigInsertion[];
}

/** An insertion and its positions. */
interface Placed {
  readonly insertion: ConfigInsertion;
  readonly at: number;
  readonly commaAt?: number | undefined;
}

type Step = (document: TomlDocument) => Placed | undefined;

/**
 * Adds what is missing. An edit without insertions means that nothing was; the text is then the same.
 *
 * @throws CommandError if the text is no TOML, or a setting stands in the way
 */
export function editConfig(text: string, wanted: WantedConfig): { text: string; edit: ConfigEdit } {
  const { value } = new TomlDocument(text, configName);
  refuseOtherKinds(value);
  const steps: Step[] = [
    ...schemaPaths(value).map(
      (path): Step =>
        (one) =>
          exposeSchema(one, path, wanted.schema),
    ),
    (one) => addFunction(one, wanted.functionName),
  ];
  const insertions: ConfigInsertion[] = [];
  let edited = text;
  for (const step of steps) {
    const document = new TomlDocument(edited, configName);
    const placed = step(document);
    if (!placed) continue;
    const { insertion, at, commaAt } = placed;
    const comma = commaAt === undefined ? [] : [{ start: commaAt, end: commaAt, text: "," }];
    const own = insertion.lead + insertion.text + insertion.tail;
    edited = document.spliced([...comma, { start: at, end: at, text: own }]);
    insertions.push(insertion);
  }
  if (!hasValue(edited, valueWith(text, wanted))) {
    const section = `[functions.${wanted.functionName}] (${settingsLine(wanted.functionName)})`;
    throw new CommandError(`${configName} is written in a way that cannot be edited safely.`, {
      nextStep: `Add "${wanted.schema}" to [api].schemas and a section ${section} yourself, then run this again.`,
    });
  }
  return { text: edited, edit: { ...wanted, insertions } };
}

function refuseOtherKinds(value: TomlTable): void {
  for (const name of ["api", "functions", "remotes"]) {
    if (value[name] !== undefined && !tableAt(value, [name]))
      throw new CommandError(`${configName}: ${name} is no table.`);
  }
}

/** The edits of two runs as one; a later insertion at the same place counts. */
export function joinEdits(earlier: ConfigEdit, later: ConfigEdit): ConfigEdit {
  const isReplaced = ({ path }: ConfigInsertion) => later.insertions.some((one) => isDeepStrictEqual(one.path, path));
  return { ...later, insertions: [...earlier.insertions.filter((one) => !isReplaced(one)), ...later.insertions] };
}

function exposeSchema(document: TomlDocument, path: readonly string[], schema: string): Placed | undefined {
  const schemas = tableAt(document.value, path.slice(0, -1))?.schemas;
  if (schemas === undefined) return addSetting(document, path, tomlOf([...defaultSchemas, schema]));
  const list = listAt(document, path);
  if (!Array.isArray(schemas) || !list) {
    throw new CommandError(`${configName}: ${path.join(".")} is no list of schemas.`, {
      nextStep: `Make it one, such as ${tomlOf(["public", schema])}.`,
    });
  }
  if (schemas.includes(schema)) return undefined;
  const { lead, tail, at, commaAt } = placeOfNewItem(document, list);
  const hasComma = commaAt !== undefined;
  return {
    insertion: { path, isElement: true, anchor: path, lead, text: tomlOf(schema), tail, hasComma },
    at,
    commaAt,
  };
}

function addFunction(document: TomlDocument, name: string): Placed | undefined {
  const path = ["functions", name];
  const settings = functionSettings(name);
  const present = tableAt(document.value, path);
  if (present) {
    if (isFunctionSection(present, name)) return undefined;
    throw new CommandError(`${configName} has a section [functions.${name}] with other settings.`, {
      nextStep: `If that function is not this one, name this one differently; else give the section ${settingsLine(name)}.`,
    });
  }
  const list = listAt(document, ["functions"]);
  if (list) return addItem(document, list, path, `${name} = ${tomlOf(settings)}`);
  const dotted = lastDotted(document, "functions");
  if (!dotted) return addTable(document, path, path, linesOf(settings), accessTokenComment);
  const text = linesOf(settings).map((line) => `functions.${name}.${line}`);
  return addLines(document, path, [...path, "enabled"], text, dotted.node.range[1]);
}

const accessTokenComment =
  "# The function checks access tokens itself: provider SDKs send them in headers of their own.";

/** Whether a section has the settings that the function needs. It may have more, or be disabled. */
export function isFunctionSection(section: TomlTable, name: string): boolean {
  const plain = (setting: unknown) => (typeof setting === "string" ? setting.replace(/^\.\//, "") : setting);
  const { enabled: _enabled, ...needed } = functionSettings(name);
  return Object.entries(needed).every(([key, setting]) => plain(section[key]) === plain(setting));
}

/** Of a table that has a header, is inline, is made by dotted keys, or is not there. */
function addSetting(document: TomlDocument, path: readonly string[], value: string): Placed {
  const table = path.slice(0, -1);
  const line = `${path.at(-1)} = ${value}`;
  const list = listAt(document, table);
  if (list) return addItem(document, list, path, line);
  const header = document.find(table)?.node;
  if (header?.type === "TOMLTable") return addLines(document, path, path, [line], header.key.range[1]);
  const dotted = lastDotted(document, table[0]!);
  if (dotted) return addLines(document, path, path, [`${table.join(".")}.${line}`], dotted.node.range[1]);
  return addTable(document, path, table, [line]);
}

function addItem(
  document: TomlDocument,
  list: NonNullable<ReturnType<typeof listAt>>,
  path: readonly string[],
  text: string,
): Placed {
  const { lead, tail, at, commaAt } = placeOfNewItem(document, list);
  return {
    insertion: { path, isElement: false, anchor: path, lead, text, tail, hasComma: commaAt !== undefined },
    at,
    commaAt,
  };
}

/** Below the line of a position. */
function addLines(
  document: TomlDocument,
  path: readonly string[],
  anchor: readonly string[],
  lines: readonly string[],
  position: number,
): Placed {
  const text = lines.join(document.eol);
  const insertion = { path, isElement: false, anchor, lead: document.eol, text, tail: "", hasComma: false };
  return { insertion, at: document.lineEnd(position) };
}

/** At the end of the file, where a header is in nobody's way. */
function addTable(
  document: TomlDocument,
  path: readonly string[],
  table: readonly string[],
  lines: readonly string[],
  comment?: string,
): Placed {
  const { eol, text } = document;
  const isEmpty = text === "" || text === "\ufeff";
  const isWhole = isEmpty || text.endsWith("\n");
  const lead = [isEmpty ? "" : isWhole ? eol : eol + eol, comment ? comment + eol : ""].join("");
  const own = [`[${table.join(".")}]`, ...lines].join(eol);
  const tail = isWhole ? eol : "";
  return {
    insertion: { path, isElement: false, anchor: table, lead, text: own, tail, hasComma: false },
    at: text.length,
  };
}

/** The last key at the top that makes this table, as `name.key = value`. */
function lastDotted({ definitions }: TomlDocument, name: string): Definition | undefined {
  return definitions.findLast(
    ({ path, node, within }) =>
      node.type === "TOMLKeyValue" && within.length === 0 && path.length > 1 && path[0] === name,
  );
}

function settingsLine(name: string): string {
  return linesOf(functionSettings(name)).join(", ");
}

function linesOf(settings: object): string[] {
  return Object.entries(settings).map(([key, value]) => `${key} = ${tomlOf(value)}`);
}

/** Of texts without anything to escape, booleans, and lists and tables of them. */
function tomlOf(value: string | boolean | readonly string[] | object): string {
  if (typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(tomlOf).join(", ")}]`;
  return `{ ${linesOf(value).join(", ")} }`;
}
