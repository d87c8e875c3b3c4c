/** Which naughty string goes where, and how it is written there. */
import { drawSome, runs, seed, sent } from "./drawing.ts";
import { naughtyStrings } from "./naughty.ts";

/** Writes a string where bytes go: UTF-8, one byte a character. */
export const bytesOf = (text: string) => Buffer.from(text).toString("latin1");
/** Writes a string into a URL. A lone surrogate, which encodeURIComponent refuses, becomes what UTF-8 makes of it. */
export const inUrl = (text: string) =>
  bytesOf(text).replaceAll(/[^\w.~-]/g, (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, "0")}`);

/** Every string at one place, which place the seed says, and some more of them at others: all of them when enough is drawn. */
export function drawnPairs<Place>(list: readonly Place[]): [text: string, place: Place][] {
  const once = naughtyStrings.map((text, index): [string, Place] => [text, list[(index + seed) % list.length]!]);
  const pairs = naughtyStrings.flatMap((text) => list.map((place): [string, Place] => [text, place]));
  const drawn = 10 * runs < pairs.length ? [...once, ...drawSome(pairs)] : pairs;
  sent.strings += drawn.length;
  return drawn;
}
