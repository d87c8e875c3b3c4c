/** The word that was meant, for one that does not exist. */

/** Changed, missing or added letters that still pass for a slip. */
const slips = 2;

/** The name that differs least from a word, of those that differ by a slip; undefined if none does. */
export function nearest(word: string, names: readonly string[]): string | undefined {
  const near = names
    .map((name) => ({ name, distance: distanceOf(word, name) }))
    .filter(({ name, distance }) => distance <= slips && distance < name.length - 1);
  return near.sort((left, right) => left.distance - right.distance)[0]?.name;
}

/** Levenshtein's: the letters to change, take out or put in. */
function distanceOf(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (const [down, letter] of [...from].entries()) {
    const next = [down + 1];
    for (const [at, other] of [...to].entries()) {
      next.push(Math.min(row[at]! + (letter === other ? 0 : 1), row[at + 1]! + 1, next[at]! + 1));
    }
    row = next;
  }
  return row.at(-1)!;
}
