/**
 * Pasted texts, made into the API key that they hold. The page and the functions share this, so that both take the same
 * for a key. What may belong to a key stays; what cannot is taken off or named.
 */

import type { PastedProblem } from "./pasted-problems.ts";

export type PastedKey = { readonly apiKey: string } | { readonly problem: PastedProblem };

/** Marks that show nothing, such as zero-width spaces: chats, word processors and web pages put them into a text. */
const invisible = /\p{Cf}/gu;

/** The beginning of a JSON file, or of one in PEM (RFC 7468). */
const file = /^\{|^-----BEGIN /;

const lineBreaks = /[\r\n\u0085\u2028\u2029]+/;

/** The surroundings of a key where it is copied from, one layer a pattern: quotes, brackets, the end of a list, code or a header. */
const wrappings: readonly RegExp[] = [
  /^["'`“”„‘’‚«»]+|["'`“”„‘’‚«»]+$/g,
  /^[<([]+|[>)\]]+$/g,
  /[,;]+$/,
  /^(?:-H|--header)\s+/,
  /^setx\s+\w+\s+/i,
  /^(?:export|set|const|let|var)\s+/i,
  /^\$env:/i,
  /^bearer\s+/i,
  /^["']?(?:[a-z][\w.-]*?)?(?:key|token|secret|authorization)["']?\s*[:=]\s*/i,
];

/** Most layers that are taken off: `export NAME="Bearer key";` has five. */
const maxLayers = 8;

/**
 * The API key in a pasted text, or what the text is in place of one. Neither repeats the text.
 * It says nothing about the length, nor whether a provider knows the key.
 */
export function readPastedKey(pasted: string): PastedKey {
  const visible = pasted.replace(invisible, "").trim();
  if (file.test(visible)) return { problem: "file" };
  const joined = joinLines(visible);
  if (joined === null) return { problem: "lines" };
  const apiKey = unwrapped(joined);
  const problem = problemOf(apiKey);
  return problem ? { problem } : { apiKey };
}

/** A key that was wrapped is put together again; null for lines that are something each. */
function joinLines(text: string): string | null {
  const [first = "", ...rest] = text.split(lineBreaks).map((line) => line.trim());
  if (rest.length === 0) return first;
  const beginning = unwrapped(first).slice(0, 3);
  const isOneKey = rest.every((line) => /^[\w+/.-]+=*["',;]*$/.test(line) && !line.startsWith(beginning));
  return isOneKey && beginning !== "" && !/\s/.test(unwrapped(first)) ? [first, ...rest].join("") : null;
}

function unwrapped(text: string): string {
  let key = text;
  for (let layer = 0; layer < maxLayers; layer++) {
    const bare = wrappings.reduce((rest, pattern) => rest.replace(pattern, ""), key).trim();
    if (bare === key) break;
    key = bare;
  }
  return key;
}

function problemOf(key: string): PastedProblem | null {
  if (key === "") return "empty";
  // One in quotes shows itself without them.
  if (file.test(key)) return "file";
  if (/^https?:\/\//i.test(key)) return "address";
  if (/\.{3}|…|\*{3}|•{2}/.test(key)) return "shortened";
  if (/\s/.test(key)) return "space";
  return /^[\x21-\x7e]+$/.test(key) ? null : "character";
}
