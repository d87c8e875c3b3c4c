/**
 * SIGKILL at every step between opening a call and resolving its hold. After the restart and one sweep no credit is lost, no hold
 * is left, and nobody has been charged twice; a call under BYOK leaves nothing.
 */
import { randomInt } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { withConnection } from "../ledger/sessions.ts";
import { type BreakableStack, startBreakableStack, victims } from "./breakable-stack.ts";
import type { User } from "./calls.ts";
import { saveKey, usersWith } from "./ledger.ts";
import { drawPlan, type Plan } from "./plan.ts";
import { type RunReport, runPlan } from "./run.ts";
import { byokSteps, creditsSteps } from "./steps.ts";

/** CRASH_SEED replays the run that failed; CRASH_RUNS makes more runs, each from a seed of its own. */
const firstSeed = process.env.CRASH_SEED ? Number(process.env.CRASH_SEED) : randomInt(2 ** 31 - 1_000_000);
const runs = Number(process.env.CRASH_RUNS ?? 6);

let stack: BreakableStack;
let byokUser: User;

beforeAll(async () => {
  stack = await startBreakableStack();
  const [user] = await withConnection(stack.database.adminUrl, (client) => usersWith(stack, client, [100]));
  byokUser = user as User;
  await saveKey(stack, byokUser);
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
    const seen: Record<string, number> = {};
    const began = performance.now();
    let calls = 0;
    for (let run = 0; run < runs; run++) {
      const plan = drawPlan(firstSeed + run);
      const report = await crash(plan);
      calls += report.calls;
      for (const what of [`${plan.victim} killed`, ...report.seen]) seen[what] = (seen[what] ?? 0) + 1;
    }
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    console.log(`${runs} crashes, ${calls} calls, seeds from ${firstSeed}, ${seconds} s`);
    if (runs >= 1000) console.table(seen);
  },
);

test("the functions print no prompt and no user of the calls that a crash breaks off", () => {
  // What Deno itself says about an answer that was broken off.
  const expected = /^(?:Error: The provider broke off\.| {4}at .*)$/;
  expect(stack.printed.filter((line) => !expected.test(line))).toEqual([]);
});

/** Runs a plan, and names the seed if a promise was broken or the run came to a stand. */
async function crash(plan: Plan): Promise<RunReport> {
  const replay = `CRASH_SEED=${plan.seed} CRASH_RUNS=1 replays it`;
  const report = await runPlan(stack, byokUser, plan).catch((cause: unknown) => {
    throw new Error(`${cause instanceof Error ? cause.message : cause} ${replay}`, { cause });
  });
  expect(report.broken, replay).toEqual([]);
  return report;
}
