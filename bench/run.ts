/**
 * `npm run bench -- --help`: what `call` adds to a provider's own time, beside other ways of adding something, or beside what it
 * added at a git ref. All in one run, interleaved round by round, so that a disturbance of the machine disturbs all of them.
 */
import { parseArgs } from "node:util";
import { load } from "./load.ts";
import { measure, medians, memoryOfCalls_mb, memoryOfStreams_mb, type Result, type Row } from "./measure.ts";
import { undoing } from "./stops.ts";
import { figure, printGoals, printLives, printRatios, printRow } from "./tables.ts";
import { type Measured, type Targets, startTargets, startTrees } from "./targets.ts";

const rows: readonly Row[] = [
  { name: "1 in flight, 1 kB", question: "json 1024", inFlight: 1 },
  { name: "16 in flight, 1 kB", question: "json 1024", inFlight: 16 },
  { name: "64 in flight, 1 kB", question: "json 1024", inFlight: 64 },
  { name: "16 in flight, 32 kB", question: "json 32768", inFlight: 16 },
  { name: "16 in flight, 512 kB", question: "json 524288", inFlight: 16 },
  { name: "16 streams of 200 events at once", question: "stream 200 0", inFlight: 16 },
  { name: "16 streams of 200 events, 5 ms apart", question: "stream 200 5", inFlight: 16, requestsEach: 2 },
  { name: "as on a hosted project, 1 in flight, 1 kB", question: "json 1024", inFlight: 1, isFar: true },
  { name: "as on a hosted project, 16 in flight, 1 kB", question: "json 1024", inFlight: 16, isFar: true },
];

const usage = `Usage: npm run bench -- [options]
  --quick            a look, not a measurement
  --rounds <n>       rounds of each row; 5, or 2 with --quick
  --rows <part>      only rows whose name has this part, without the memory
  --only <parts>     only targets whose name has one of these parts, parted by ;
  --against <ref>    this tree beside another, of which git has the name
  --help             these lines
Rows: ${rows.map(({ name }) => name).join("; ")}`;

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    rounds: { type: "string" },
    only: { type: "string", default: "" },
    rows: { type: "string", default: "" },
    against: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
if (options.help) {
  console.log(usage);
  process.exit();
}
const rounds = Number(options.rounds ?? (options.quick ? 2 : 5));
const duration_ms = options.quick ? 500 : 2_000;
/** Requests before all else, while code is compiled and connections and tokens are new, and before the first round of a row. */
const warmUp = options.quick ? { start: 1_000, row: 100 } : { start: 20_000, row: 1_000 };
const calls = options.quick ? 2_000 : 100_000;

const { against } = options;
await undoing(async (stops) => {
  await compare(await (against ? startTrees(against, stops) : startTargets(stops)));
});

async function compare(targets: Targets): Promise<void> {
  const chosen = targets.all.filter(({ name }) => options.only.split(";").some((part) => name.includes(part)));
  const report = {
    rows: {} as Record<string, Record<string, Result>>,
    streams_mb: {} as Record<string, number[]>,
    calls_mb: {} as Record<string, number[]>,
  };
  for (const target of chosen) {
    await load(target, "json 1024", { inFlight: 64, requests: warmUp.start / (isSlow(target) ? 20 : 1) });
  }
  for (const row of rows.filter(({ name, isFar }) => name.includes(options.rows) && !(isFar && against))) {
    const results = await interleaved(
      row,
      targets,
      chosen.filter((target) => isFar(target) === (row.isFar ?? false)),
    );
    report.rows[row.name] = results;
    printRow(row.name, results);
    if (against) printRatios(row.name, results, ` @ ${against}`);
  }
  if (!options.rows && !against) await measureMemory(chosen, report);
  if (against) return;
  printLives(report);
  printGoals(report);
}

async function interleaved(row: Row, targets: Targets, chosen: readonly Measured[]): Promise<Record<string, Result>> {
  const results = new Map<string, Result[]>(chosen.map(({ name }) => [name, []]));
  /** A target that fails is left out of the row: the first draft dies of its memory. */
  const attempt = async ({ name }: Measured, work: () => Promise<unknown>) => {
    if (!results.has(name)) return;
    try {
      await work();
    } catch (error) {
      results.delete(name);
      console.error(`${name} does not do ${row.name}: ${String(error).slice(0, 100)}`);
    }
  };
  for (const target of chosen) {
    // The slow ones have nothing to warm up but themselves.
    const requests = row.requestsEach ? row.inFlight : warmUp.row / (isSlow(target) ? 10 : 1);
    await attempt(target, () => load(target, row.question, { inFlight: row.inFlight, requests }));
  }
  for (let round = 0; round < rounds; round++) {
    // There and back, so that work left behind, as of a Postgres that cleans up, does not always fall on the same target.
    for (const target of round % 2 === 0 ? chosen : chosen.toReversed())
      await attempt(target, async () =>
        results.get(target.name)?.push(await measure(row, target, targets, duration_ms)),
      );
  }
  return Object.fromEntries([...results].map(([name, each]) => [name, medians(each)]));
}

function isFar({ name }: Measured): boolean {
  return name.endsWith(", hosted");
}

/** Those that the local Data API holds up. */
function isSlow({ name }: Measured): boolean {
  return /naive|data api/.test(name);
}

async function measureMemory(
  chosen: readonly Measured[],
  report: { streams_mb: Record<string, number[]>; calls_mb: Record<string, number[]> },
): Promise<void> {
  const quick = chosen.filter((target) => !isSlow(target) && !/provider|HS256|hosted/.test(target.name));
  console.log(`\n| memory in MB | before | 500 streams | again | warm | ${calls} calls later |`);
  console.log("| --- | --: | --: | --: | --: | --: |");
  for (const target of quick) {
    const streams_mb = await memoryOfStreams_mb(target).catch(() => [NaN, NaN, NaN]);
    report.streams_mb[target.name] = streams_mb;
    const isOurs = /bare|byok/.test(target.name);
    const calls_mb = isOurs ? (report.calls_mb[target.name] = await memoryOfCalls_mb(target, calls)) : [NaN, NaN];
    console.log(`| ${target.name} | ${[...streams_mb, ...calls_mb].map((mb) => figure(mb, 0)).join(" | ")} |`);
  }
}
