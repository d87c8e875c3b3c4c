/** Draws from the seed: HOSTILE_SEED replays the run that failed; HOSTILE_RUNS draws more from each generator. */
import { randomInt } from "node:crypto";
import fc from "fast-check";

export const seed = process.env.HOSTILE_SEED ? Number(process.env.HOSTILE_SEED) : randomInt(2 ** 31 - 1);
export const runs = Number(process.env.HOSTILE_RUNS ?? 100);
export const replay = `HOSTILE_SEED=${seed} HOSTILE_RUNS=${runs} replays it`;

/** How much has been sent. */
export const sent = { requests: 0, tokens: 0, strings: 0 };

/** Values of an arbitrary, the same ones for the same seed. */
export function draw<T>(values: fc.Arbitrary<T>, count = runs): T[] {
  return fc.sample(values, { seed, numRuns: Math.ceil(count) });
}

/** Some of a list, the same ones for the same seed; all of it if there are no more. */
export function drawSome<T>(list: readonly T[], count = runs): T[] {
  return draw(
    fc.shuffledSubarray([...list], {
      minLength: Math.min(count, list.length),
      maxLength: Math.min(count, list.length),
    }),
    1,
  ).flat();
}

/** Every way to take one text of each list, joined. */
export function sentences(...lists: readonly (readonly string[])[]): string[] {
  return lists.reduce<string[]>((begun, list) => begun.flatMap((text) => list.map((next) => text + next)), [""]);
}
