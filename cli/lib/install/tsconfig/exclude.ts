/** The edit of a tsconfig: the folder of the Edge Functions, which are for Deno, is excluded. */
import { isDeepStrictEqual } from "node:util";
import { evaluate, type ObjectNode, parse } from "@humanwhocodes/momoa";
import { CommandError } from "../../command.ts";
import { insert, type Insertion } from "./insertion.ts";
import { lineEndOf } from "../text.ts";

export interface Tsconfig {
  readonly extends?: string | readonly string[];
  readonly files?: readonly string[];
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly compilerOptions?: { readonly outDir?: string; readonly declarationDir?: string };
}

/** @throws CommandError if it is no JSON with comments */
export function readTsconfig(file: string, text: string): Tsconfig {
  return evaluate(rootOf(file, text)) as Tsconfig;
}

function rootOf(file: string, text: string): ObjectNode {
  try {
    const { body } = parse(text.replace(/^\ufeff/, " "), { mode: "jsonc", ranges: true, allowTrailingCommas: true });
    if (body.type === "Object") return body;
  } catch {
    // The message is the same for both.
  }
  throw new CommandError(`${file} is no JSON object.`, { nextStep: "Mend it, and run the command again." });
}

/**
 * Adds patterns to `exclude`.
 *
 * @param inherited what the exclusion has been without a list of its own, which a list replaces
 * @throws CommandError if the result would be another one than the file with these patterns
 */
export function excludeFrom(
  file: string,
  text: string,
  pattern: string,
  inherited: readonly string[],
): { text: string; insertion: Insertion } {
  const root = rootOf(file, text);
  const before = evaluate(root) as Tsconfig;
  const wanted = [...(before.exclude ?? inherited), pattern];
  const edited = insert(text, ...placeOf(root, text, before.exclude ? [pattern] : wanted));
  if (isDeepStrictEqual(readTsconfig(file, edited.text), { ...before, exclude: wanted })) return edited;
  throw new CommandError(`${file} cannot be edited safely.`, { nextStep: `Add "${pattern}" to its "exclude".` });
}

/** Where the insertion goes, and its text, in the layout of what is there. */
function placeOf(root: ObjectNode, text: string, patterns: readonly string[]): [offset: number, text: string] {
  const list = root.members.find(({ name }) => (name.type === "String" ? name.value : name.name) === "exclude")?.value;
  const items = patterns.map((pattern) => JSON.stringify(pattern)).join(", ");
  if (list?.type === "Array") {
    const last = list.elements.at(-1);
    return last ? afterItem(text, last.value.range!, items) : [list.range![0] + 1, items];
  }
  const member = `"exclude": [${items}]`;
  const last = root.members.at(-1);
  if (last) return afterItem(text, last.range!, member);
  return [root.range![0] + 1, `${lineEndOf(text)}  ${member}${lineEndOf(text)}`];
}

/** On a line of its own where the last item has one. */
function afterItem(text: string, [start, end]: readonly [number, number], item: string): [number, string] {
  const lineStart = text.lastIndexOf("\n", start - 1) + 1;
  const indent = text.slice(lineStart, start);
  const isOnOwnLine = lineStart > 0 && /^[ \t]*$/.test(indent);
  return [end, isOnOwnLine ? `,${lineEndOf(text)}${indent}${item}` : `, ${item}`];
}
