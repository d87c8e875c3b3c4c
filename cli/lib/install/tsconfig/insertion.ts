/** A text put into another one, which can be found again and taken out after the rest was edited. */
import { lineEndOf, unixLines, withLineEndsOf } from "../text.ts";

export interface Insertion {
  readonly text: string;
  /** The end of what stood before it. */
  readonly after: string;
}

/** Characters in front of an insertion that tell it from the same text elsewhere. */
const anchorLength = 60;

export function insert(whole: string, offset: number, text: string): { text: string; insertion: Insertion } {
  const after = whole.slice(Math.max(0, offset - anchorLength), offset);
  return {
    text: whole.slice(0, offset) + text + whole.slice(offset),
    insertion: { text: unixLines(text), after: unixLines(after) },
  };
}

/** The text without an insertion; undefined where it does not stand, or stands more than once. */
export function takeOut(whole: string, { text, after }: Insertion): string | undefined {
  const plain = unixLines(whole);
  for (const anchor of [after, ""]) {
    const at = onlyPlaceOf(plain, anchor + text);
    if (at === undefined) continue;
    const start = at + anchor.length;
    const left = plain.slice(0, start) + plain.slice(start + text.length);
    return lineEndOf(whole) === "\n" ? left : withLineEndsOf(whole, left);
  }
  return undefined;
}

function onlyPlaceOf(whole: string, part: string): number | undefined {
  const at = whole.indexOf(part);
  return at === -1 || whole.includes(part, at + 1) ? undefined : at;
}
