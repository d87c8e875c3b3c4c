/**
 * SIGKILL at every step between opening a call and resolving its hold. After the restart and one sweep no credit is lost, no hold
 * is left, and nobody has been charged twice; a call under BYOK leaves nothing.
 */
import { randomInt } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { withConnection } from "../harness/sessions.ts";
import { type BreakableStack, startBreakableStack, type Victim, victims } from "./breakable-stack.ts";
import type { User } from "./calls.ts";
import { saveKey, usersWith } from "./ledger.ts";
import { drawPlan, type Plan } from "./plan.ts";
import { type RunReport, runPlan } from "./run.ts";
import { byokSteps, creditsSteps } from "./steps.ts";

/** CRASH_SEED replays the run that failed; CRASH_RUNS makes more runs, each from a seed of its own, as npm run test:crash does. */
const firstSeed = process.env.CRASH_SEED ? Number(process.env.CRASH_SEED) : randomInt(2 ** 31 - 1_000_000);
const runs = Number(process.env.CRASH_RUNS ?? 4);

let stack: BreakableStack;
let byokUsers: User[];

beforeAll(async () => {
  stack = await startBreakableStack();
  const credits = byokSteps.map(() => 100);
  byokUsers = await withConnection(stack.database.adminUrl, (client) => usersWith(stack, client, credits));
  for (const user of byokUsers) await saveKey(stack, user);
});
afterAll(() => stack?.stop());

test("Postgres runs with durable settings", async () => {
  const settings = ["fsync", "full_page_writes", "synchronous_commit"];
  await withConnection(stack.database.adminUrl, async (client) => {
    for (const name of settings) expect((await client.query(`show ${name}`)).rows).toEqual([{ [name]: "on" }]);
  });
});

test.each(victims)(
  "no credit is lost and none charged twice when %s is killed, wherever a call stands",
  async (victim) => {
    const plan: Plan = {
      ...drawPlan(firstSeed),
      victim,
      steps: [...creditsSteps],
      byokSteps: [...byokSteps],
    };
    await crash(plan);
  },
);

test(
  "no credit is lost and none charged twice in seeded crashes",
  {
    timeout: runs * 30_000,
  },
  async () => {
    const tally = new Tally();
    try {
      for (let run = 0; run < runs; run++) {
        const plan = drawPlan(firstSeed + run);
        tally.count(plan, await crash(plan));
        if (tally.runs % 100 === 0) console.log(`${tally}, seeds from ${firstSeed}`);
      }
    } finally {
      console.log(`${tally}, seeds from ${firstSeed}`);
      if (tally.runs >= 100) console.table(tally.table());
    }
  },
);

test("the functions print no prompt and no user of the calls that a crash breaks off", () => {
  // Lines of Deno itself about an answer that was broken off, and the operator's when the database is away.
  const expected =
    /^(?:Error: The provider broke off\.| {4}at .*|BYOK: The Data API of this project does not answer, .*\.(?: \(\w+\))?)$/;
  expect(stack.printed.filter((line) => !expected.test(line))).toEqual([]);
});

/** Counts trials: how often each thing was there when each victim was killed. */
class Tally {
  readonly #began = performance.now();
  readonly #seen = new Map<string, Record<Victim, number>>();
  runs = 0;
  #calls = 0;

  count({ victim }: Plan, { calls, seen }: RunReport): void {
    this.runs++;
    this.#calls += calls;
    for (const what of ["runs", ...seen]) {
      const row = this.#seen.get(what) ?? { functions: 0, postmaster: 0, postgres: 0, everything: 0 };
      row[victim]++;
      this.#seen.set(what, row);
    }
  }

  table(): Record<string, Record<Victim, number>> {
    return Object.fromEntries([...this.#seen].sort());
  }

  toString(): string {
    const seconds = ((performance.now() - this.#began) / 1000).toFixed(0);
    return `${this.runs} crashes, ${this.#calls} calls, ${seconds} s`;
  }
}

/** Runs a plan, and names the seed if a promise was broken or the run came to a stand. */
async function crash(plan: Plan): Promise<RunReport> {
  const replay = `CRASH_SEED=${plan.seed} CRASH_RUNS=1 replays it`;
  const report = await runPlan(stack, byokUsers, plan).catch((cause: unknown) => {
    throw new Error(`${cause instanceof Error ? cause.message : cause} ${replay}`, { cause });
  });
  expect(report.broken, replay).toEqual([]);
  return report;
}
