/**
 * `npm run bench [-- --quick] [--rounds n] [--warm requests] [--rows part of a name] [--only part;part]`: what `call` adds to a provider's own time, beside other ways of
 * adding something. All in one run, interleaved round by round, so that what disturbs the machine disturbs all of them.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { load, type Sample } from "./load.ts";
import { cpu_ms, memory_mb } from "./processes.ts";
import { type Measured, startTargets } from "./targets.ts";

interface Row {
  readonly name: string;
  readonly question: string;
  readonly inFlight: number;
  /** Streams are counted, not timed: one such number for each in flight. */
  readonly requestsEach?: number;
}

const rows: readonly Row[] = [
  { name: "1 in flight, 1 kB", question: "json 1024", inFlight: 1 },
  { name: "16 in flight, 1 kB", question: "json 1024", inFlight: 16 },
  { name: "64 in flight, 1 kB", question: "json 1024", inFlight: 64 },
  { name: "16 in flight, 32 kB", question: "json 32768", inFlight: 16 },
  { name: "16 in flight, 512 kB", question: "json 524288", inFlight: 16 },
  { name: "16 streams of 200 events at once", question: "stream 200 0", inFlight: 16 },
  { name: "16 streams of 200 events, 5 ms apart", question: "stream 200 5", inFlight: 16, requestsEach: 1 },
];

/** Of one target in one row and round. */
interface Result {
  readonly perSecond: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
  /** Time to first byte of the body, median. */
  readonly first_ms: number;
  /** Between pieces of the body, median. */
  readonly gap_ms: number;
  /** CPU time of the process for a request. */
  readonly cpu_ms: number;
}

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    rounds: { type: "string" },
    only: { type: "string" },
    rows: { type: "string" },
    warm: { type: "string" },
  },
});
const rounds = Number(options.rounds ?? (options.quick ? 2 : 7));
const duration_ms = options.quick ? 500 : 3_000;
/** Requests before the first round of a row, while code is compiled and connections and tokens are new. */
const warmUp = Number(options.warm ?? (options.quick ? 100 : 2_000));

const stateDir = mkdtempSync(path.join(tmpdir(), "byok-bench-"));
const targets = await startTargets(stateDir);
try {
  const chosen = targets.all.filter(
    ({ name }) => !options.only || options.only.split(";").some((part) => name.includes(part)),
  );
  const report = [];
  for (const row of rows.filter(({ name }) => !options.rows || name.includes(options.rows))) {
    const results = await measure(row, chosen);
    report.push({ row: row.name, results: Object.fromEntries(results) });
    print(row.name, results);
  }
  const memory = options.rows ? [] : await measureMemory(chosen);
  console.log(
    "\n500 streams at once, 100 ms between events: memory in MB before, most in the first and in a second pass",
  );
  for (const line of memory)
    console.log(`  ${line.name.padEnd(20)} ${line.passes_mb.map((mb) => mb.toFixed(0).padStart(6)).join("")}`);
  const machine = `${cpus().length} x ${cpus()[0]?.model}, Node ${process.versions.node}`;
  writeFileSync(
    path.join(import.meta.dirname, "last.json"),
    JSON.stringify({ machine, rounds, duration_ms, report, memory }, null, 1),
  );
} finally {
  await targets.stop();
  rmSync(stateDir, { recursive: true, force: true });
}

async function measure(row: Row, chosen: readonly Measured[]): Promise<Map<string, Result>> {
  const results = new Map<string, Result[]>(chosen.map(({ name }) => [name, []]));
  for (const target of chosen) await load(target, row.question, { inFlight: row.inFlight, requests: warmUp });
  for (let round = 0; round < rounds; round++) {
    for (const target of chosen) results.get(target.name)?.push(await once(row, target));
  }
  return new Map([...results].map(([name, each]) => [name, medians(each)]));
}

async function once({ question, inFlight, requestsEach }: Row, target: Measured): Promise<Result> {
  const [started, before_ms] = [performance.now(), cpu_ms(target.pid)];
  const samples = await load(target, question, {
    inFlight,
    ...(requestsEach ? { requests: requestsEach * inFlight } : { duration_ms }),
  });
  const seconds = (performance.now() - started) / 1000;
  const ends = sorted(samples, ({ end_ms }) => [end_ms]);
  return {
    perSecond: samples.length / seconds,
    p50_ms: quantile(ends, 0.5),
    p99_ms: quantile(ends, 0.99),
    first_ms: quantile(
      sorted(samples, ({ firstByte_ms }) => [firstByte_ms]),
      0.5,
    ),
    gap_ms: quantile(
      sorted(samples, ({ gaps_ms }) => gaps_ms),
      0.5,
    ),
    cpu_ms: (cpu_ms(target.pid) - before_ms) / samples.length,
  };
}

async function measureMemory(chosen: readonly Measured[]): Promise<{ name: string; passes_mb: number[] }[]> {
  const lines = [];
  for (const target of chosen.filter(({ name }) => !/provider|naive|data api/.test(name))) {
    const passes_mb = [memory_mb(target.pid)];
    for (const _ of [1, 2]) {
      let most = 0;
      const watch = setInterval(() => (most = Math.max(most, memory_mb(target.pid))), 50);
      await load(target, "stream 30 100", { inFlight: 500, requests: 500 });
      clearInterval(watch);
      passes_mb.push(most);
    }
    lines.push({ name: target.name, passes_mb });
  }
  return lines;
}

function print(title: string, results: ReadonlyMap<string, Result>): void {
  const [bare, portkey] = [results.get("bare proxy"), results.get("portkey")];
  const ratio = (of: Result, to: Result | undefined, key: keyof Result) => (to ? (of[key] / to[key]).toFixed(2) : "-");
  console.log(
    `\n${title}\n${"".padEnd(20)} requests/s   p50 ms   p99 ms first ms   gap ms   cpu ms | to bare: rate   p50   cpu | to portkey: rate   p50`,
  );
  for (const [name, result] of results) {
    const numbers = [
      result.perSecond.toFixed(0).padStart(11),
      ...[result.p50_ms, result.p99_ms, result.first_ms, result.gap_ms, result.cpu_ms].map((ms) =>
        ms.toFixed(2).padStart(9),
      ),
      " |",
      ratio(result, bare, "perSecond").padStart(13),
      ratio(result, bare, "p50_ms").padStart(6),
      ratio(result, bare, "cpu_ms").padStart(6),
      " |",
      ratio(result, portkey, "perSecond").padStart(16),
      ratio(result, portkey, "p50_ms").padStart(6),
    ];
    console.log(name.padEnd(20) + numbers.join(""));
  }
}

function medians(each: readonly Result[]): Result {
  const median = (key: keyof Result) =>
    quantile(
      each.map((result) => result[key]).sort((a, b) => a - b),
      0.5,
    );
  return {
    ...{ perSecond: median("perSecond"), p50_ms: median("p50_ms"), p99_ms: median("p99_ms") },
    ...{ first_ms: median("first_ms"), gap_ms: median("gap_ms"), cpu_ms: median("cpu_ms") },
  };
}

function sorted(samples: readonly Sample[], of: (sample: Sample) => readonly number[]): number[] {
  return samples.flatMap(of).sort((a, b) => a - b);
}

function quantile(ascending: readonly number[], share: number): number {
  return ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * share))] ?? NaN;
}
