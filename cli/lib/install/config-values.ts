/** The values of a supabase/config.toml, and its changes as values: what each edit of the text is proved against. */
import { isDeepStrictEqual } from "node:util";
import type { TomlTable, TomlValue } from "smol-toml";
import { CommandError } from "../command.ts";
import { readValue } from "../toml/document.ts";

export const configName = "supabase/config.toml";

/** PostgREST's exposed schemas where config.toml names none, as the Supabase CLI 2.117 and 3.1 have them. */
export const defaultSchemas = ["public", "graphql_public"] as const;

export interface WantedConfig {
  /** The slug of the Edge Function. */
  readonly functionName: string;
  /** The schema to expose. */
  readonly schema: string;
}

/** The settings of the function's section. Paths are relative to the supabase folder. */
export function functionSettings(name: string) {
  return {
    enabled: true,
    verify_jwt: false,
    import_map: `./functions/${name}/deno.json`,
    entrypoint: `./functions/${name}/index.ts`,
  };
}

/** The table at a path; undefined where there is none. */
export function tableAt(value: TomlTable, path: readonly string[]): TomlTable | undefined {
  return path.reduce<TomlTable | undefined>((table, key) => asTable(table?.[key]), value);
}

function asTable(value: TomlValue | undefined): TomlTable | undefined {
  const isTable = typeof value === "object" && !Array.isArray(value) && !(value instanceof Date);
  return isTable ? value : undefined;
}

/** Paths of the lists of exposed schemas: `[api]`'s, and that of each branch in `[remotes]` that has its own. */
export function schemaPaths(value: TomlTable): readonly (readonly string[])[] {
  const names = Object.keys(tableAt(value, ["remotes"]) ?? {});
  const own = names.filter((name) => tableAt(value, ["remotes", name, "api"])?.schemas !== undefined);
  return [["api", "schemas"], ...own.map((name) => ["remotes", name, "api", "schemas"])];
}

/** The values of a text after the edit. */
export function valueWith(text: string, { functionName, schema }: WantedConfig): TomlTable {
  const value = readValue(text, configName);
  for (const path of schemaPaths(value)) {
    const table = tableFor(value, path.slice(0, -1));
    const schemas = (table.schemas ?? [...defaultSchemas]) as TomlValue[];
    table.schemas = schemas.includes(schema) ? schemas : [...schemas, schema];
  }
  const functions = tableFor(value, ["functions"]);
  functions[functionName] ??= functionSettings(functionName);
  return value;
}

function tableFor(value: TomlTable, path: readonly string[]): TomlTable {
  return path.reduce((table, key) => (table[key] ??= {}) as TomlTable, value);
}

/** The values of a text without one key, or without one element of its list. */
export function valueWithout(text: string, path: readonly string[], element?: string): TomlTable {
  const value = readValue(text, configName);
  const table = tableAt(value, path.slice(0, -1))!;
  const key = path.at(-1)!;
  if (element === undefined) delete table[key];
  else table[key] = (table[key] as TomlValue[]).filter((one) => one !== element);
  return value;
}

/** Whether a text is TOML with these values. Tables that are empty count as absent: a header may go with its last key. */
export function hasValue(text: string, value: TomlTable): boolean {
  try {
    return isDeepStrictEqual(plain(readValue(text, configName)), plain(value));
  } catch (error) {
    if (error instanceof CommandError) return false;
    throw error;
  }
}

/** Without empty tables at the top, and on plain objects: those of the parser have no prototype. */
function plain(value: TomlTable): object {
  const entries = Object.entries(value).filter(([, one]) => asTable(one) === undefined || Object.keys(one).length > 0);
  return structuredClone(Object.fromEntries(entries));
}
