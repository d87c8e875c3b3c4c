/** The events of one run, drawn from its seed: the same seed gives the same plan. */
import fc from "fast-check";
import { victims } from "./breakable-stack.ts";
import { byokSteps, creditsSteps } from "./steps.ts";

/** A call that is under way at whatever point when the crash comes. */
const looseCall = fc.record({
  /** From the moment that the other calls stand still, in ms. */
  delay_ms: fc.integer({ min: 0, max: 40 }),
  /** Few, so that some are retries of others. */
  request: fc.integer({ min: 0, max: 3 }),
});

const plan = fc.record({
  victim: fc.constantFrom(...victims),
  /** Steps of calls on credits, each of a user of its own. */
  steps: fc.shuffledSubarray([...creditsSteps], { minLength: 3, maxLength: 6 }),
  byokSteps: fc.shuffledSubarray([...byokSteps], {
    minLength: 1,
    maxLength: 2,
  }),
  /** Calls on credits of one user. */
  loose: fc.array(looseCall, { minLength: 1, maxLength: 6 }),
  /** When the crash comes, as `delay_ms`. */
  crash_ms: fc.integer({ min: 0, max: 60 }),
  /** Fate of calls that stand before or after a billing function. */
  release: fc.constantFrom("passed before restart", "passed after restart", "lost"),
  /** Holds expire, and are swept, at the end of each run; at times already before functions that have survived go on. */
  sweep: fc.constantFrom("last", "before survivors go on"),
  /** How the calls end that wait for their provider in functions that have survived. */
  survivors: fc.constantFrom("finish", "break off", "lose their client"),
});

type Drawn = typeof plan extends fc.Arbitrary<infer Value> ? Value : never;
export interface Plan extends Drawn {
  readonly seed: number;
}

export function drawPlan(seed: number): Plan {
  const [drawn] = fc.sample(plan, { seed, numRuns: 1 });
  if (!drawn) throw new Error("fast-check has drawn nothing.");
  return { ...drawn, seed };
}
