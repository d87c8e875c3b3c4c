/** Figures as Markdown tables. */
import { goals, isMet, lives, type Report } from "./goals.ts";
import type { Result } from "./measure.ts";

/** One row of the bench, a line for each target. */
export function printRow(title: string, results: Readonly<Record<string, Result>>): void {
  const [bare, portkey] = [results["bare proxy"] ?? results["bare proxy, hosted"], results.portkey];
  console.log(
    `\n| ${title} | requests/s | p50 ms | p99 ms | first byte | between | CPU ms | of Postgres | provider | client | to bare: rate | p50 | CPU | to Portkey: rate | p50 |`,
  );
  console.log(`| --- ${"| --: ".repeat(14)}|`);
  for (const [name, result] of Object.entries(results)) {
    const cells = [
      figure(result.perSecond, 0),
      ...[result.p50_ms, result.p99_ms, result.first_ms, result.gap_ms].map((ms) => figure(ms, 2)),
      ...[result.cpu_ms, result.postgresCpu_ms, result.providerCpu_ms, result.clientCpu_ms].map((ms) => figure(ms, 3)),
      ...(["perSecond", "p50_ms", "cpu_ms"] as const).map((key) => figure(result[key] / (bare?.[key] ?? NaN), 2)),
      ...(["perSecond", "p50_ms"] as const).map((key) => figure(result[key] / (portkey?.[key] ?? NaN), 2)),
    ];
    console.log(`| ${name} | ${cells.join(" | ")} |`);
  }
}

/** The calls and events that one worker serves before its CPU time is over. */
export function printLives(report: Report): void {
  const known = lives(report).filter(({ calls, events }) => !Number.isNaN(calls + events));
  if (known.length === 0) return;
  console.log(
    "\n| an isolate's life, 2 s of CPU | calls, 64 in flight | streamed events, at once |\n| --- | --: | --: |",
  );
  for (const { name, calls, events } of known) console.log(`| ${name} | ${figure(calls, 0)} | ${figure(events, 0)} |`);
}

/** Which goals are met. */
export function printGoals(report: Report): void {
  console.log("\n| goal | wanted | measured | |\n| --- | --: | --: | --- |");
  for (const goal of goals) {
    const value = goal.of(report);
    if (Number.isNaN(value)) continue;
    const wanted = goal.atLeast === undefined ? `at most ${goal.atMost}` : `at least ${goal.atLeast}`;
    console.log(`| ${goal.name} | ${wanted} | ${figure(value, 2)} | ${isMet(goal, value) ? "met" : "missed"} |`);
  }
}

export function figure(value: number, digits: number): string {
  return Number.isFinite(value) ? value.toFixed(digits) : "-";
}

/** The targets of this tree beside those of another, whose names end in a suffix. Ratios are of this one to the other. */
export function printRatios(title: string, results: Readonly<Record<string, Result>>, suffix: string): void {
  const keys = ["perSecond", "p50_ms", "p99_ms", "cpu_ms", "postgresCpu_ms"] as const;
  const names = ["requests/s", "p50 ms", "p99 ms", "CPU ms", "Postgres CPU ms"];
  console.log(`\n| ${title} | ${names.map((name) => `${name} |${suffix} | ratio`).join(" | ")} |`);
  console.log(`| --- ${"| --: ".repeat(3 * keys.length)}|`);
  for (const [name, ours] of Object.entries(results)) {
    const theirs = results[`${name}${suffix}`];
    if (!theirs) continue;
    const cells = keys.flatMap((key) => [ours[key], theirs[key], ours[key] / theirs[key]]);
    console.log(`| ${name} | ${cells.map((value, column) => figure(value, column < 2 ? 0 : 3)).join(" | ")} |`);
  }
}
