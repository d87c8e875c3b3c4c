/**
 * `npm run bench:cold [-- --rounds n --deno hosted --against <ref> --only call]`: from the start of a process to its first answer, for each
 * endpoint, beside an empty function; as it is deployed, and bundled. Then the same until a provider's first answer. In one run,
 * interleaved, on the newest Deno or that of hosted functions, and beside the bundle of another tree, of which git has the name. With
 * `--only`, starts whose name has these words, and no call of a provider.
 */
import { execFileSync } from "node:child_process";
import { cpus } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { bundleFunctions } from "../cli/lib/bundle/functions.ts";
import { projectDir } from "../stack/config.ts";
import { denoProgram, type DenoRelease } from "../stack/functions/deno-program.ts";
import { type Answer, firstAnswer, type Start } from "./cold/start.ts";
import { firstCallsOf, type Function, startsOf } from "./cold/starts.ts";
import { quantile } from "./statistics.ts";
import { type Stops, undoing } from "./stops.ts";
import { checkOut } from "./trees.ts";

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "15" },
    deno: { type: "string", default: "newest" },
    against: { type: "string" },
    only: { type: "string", default: "" },
  },
});
const release = releaseOf(options.deno);

/** Most that the bundled `call` may take, to an empty function. */
const goals = { "data api": 1.5, direct: 1.6 };

await undoing(async (stops) => {
  const [version] = execFileSync(denoProgram(release), ["--version"], { encoding: "utf8" }).split(" (");
  console.log(`${cpus().length} x ${cpus()[0]?.model}; ${version}; medians of ${options.rounds} starts; time, CPU\n`);
  const cacheDir = stops.folder("cold-cache");
  const bundles = await bundlesOf(stops);
  const [emptyStart, ...all] = await startsOf([...sourcesOrNone(), ...bundles], stops.folder("cold"));
  const starts = [emptyStart!, ...all.filter(({ name }) => name.includes(options.only))];
  await measure(starts, cacheDir);
  const empty = mediansOf(starts[0]!);
  for (const start of starts) print(start, empty);
  for (const [way, atMost] of Object.entries(goals)) {
    const call = starts.find(({ name }) => name === `call, ${way}, bundled`);
    if (!call) continue;
    const ratio = mediansOf(call).cpu_ms / empty.cpu_ms;
    console.log(`CPU of call, ${way}, bundled: at most ${atMost} x: ${ratio <= atMost ? "met" : "missed"}`);
  }
  if (options.only) return;
  const firstCalls = await firstCallsOf(bundles, stops.folder("cold-call"), stops);
  await measure(firstCalls, cacheDir);
  console.log("\nUntil a provider's first answer:");
  for (const start of firstCalls) print(start, empty);
});

/** Beside another tree the bundles alone are compared. */
function sourcesOrNone(): Function[] {
  return options.against ? [] : [{ label: "", file: path.join(projectDir, "functions/byok/index.ts") }];
}

async function bundlesOf(stops: Stops): Promise<Function[]> {
  const folder = stops.folder("cold-bundle");
  await bundleFunctions(folder);
  const here = { label: "bundled", file: path.join(folder, "functions/byok/index.ts") };
  if (!options.against) return [here];
  const tree = checkOut(options.against, stops);
  execFileSync(process.execPath, [path.join(tree, "cli/main.ts"), "bundle"], { cwd: tree, stdio: "ignore" });
  const there = path.join(tree, "dist/functions/byok/index.ts");
  return [{ label: `bundled @ ${options.against}`, file: there }, here];
}

async function measure(starts: readonly Start[], cacheDir: string): Promise<void> {
  // Once without a clock, so that everything has been compiled and read.
  for (const start of starts) await firstAnswer(start, { release, cacheDir });
  for (let round = 0; round < Number(options.rounds); round++) {
    // In another order each time: a start is quicker after one that has warmed the caches of the processor for it.
    const order = starts.map((start) => ({ start, place: Math.random() })).sort((a, b) => a.place - b.place);
    for (const { start } of order) start.answers.push(await firstAnswer(start, { release, cacheDir }));
  }
}

function mediansOf({ answers }: Start): Answer {
  const medianOf = (value: (answer: Answer) => number) => quantile(answers.map(value), 0.5);
  return { time_ms: medianOf(({ time_ms }) => time_ms), cpu_ms: medianOf(({ cpu_ms }) => cpu_ms) };
}

function print(start: Start, empty: Answer): void {
  const { time_ms, cpu_ms } = mediansOf(start);
  const shown = (value_ms: number, of_ms: number) =>
    `${value_ms.toFixed(0).padStart(5)} ms  ${(value_ms / of_ms).toFixed(2).padStart(5)} x`;
  console.log(`${start.name.padEnd(40)} ${shown(time_ms, empty.time_ms)}  ${shown(cpu_ms, empty.cpu_ms)}`);
}

function releaseOf(name: string): DenoRelease {
  if (name === "newest" || name === "hosted") return name;
  throw new Error(`--deno is newest or hosted, not ${name}`);
}
