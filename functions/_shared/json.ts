/** JSON from outside, which may be anything. */

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value at a path such as `error.message`; undefined if the path ends early. Only own fields count. */
export function valueAt(value: unknown, path: string): unknown {
  let at = value;
  for (const field of path.split(".")) {
    if (!isRecord(at) || !Object.hasOwn(at, field)) return undefined;
    at = at[field];
  }
  return at;
}

/** Deepest nesting that is read. A few MiB of brackets would cost the parser hundreds of MiB. */
const maxDepth = 1000;

/** Most objects, arrays and fields that are read. Each takes up to twenty times the memory of its three bytes of text. */
const maxParts = 50_000;

/**
 * The value of a JSON text; undefined if it is none, or nests deeper or has more parts than anybody writes. The parser's own
 * message is dropped: it quotes its input.
 */
export function parseJson(text: string): unknown {
  if (isTooMuch(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isTooMuch(text: string): boolean {
  let depth = 0;
  let parts = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text[at]) {
      case '"':
        at = endOfString(text, at);
        break;
      case "[":
      case "{":
        if (++depth > maxDepth || ++parts > maxParts) return true;
        break;
      case ":":
        if (++parts > maxParts) return true;
        break;
      case "]":
      case "}":
        depth--;
    }
  }
  return false;
}

/** Where the string ends that begins at a quotation mark: the next one that no backslash takes for a part of the string. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text[end - 1 - backslashes] === "\\") backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  return text.length;
}
