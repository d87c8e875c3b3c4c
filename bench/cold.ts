/**
 * `npm run bench:cold [-- --rounds n --deno hosted]`: from the start of a process to its first answer, for each function,
 * beside an empty one; as it is deployed, and bundled. In one run, interleaved, on the newest Deno or that of hosted functions. CPU
 * is that of all threads; on a busy machine it says more than the time.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { bundleFunctions } from "../cli/lib/bundle/functions.ts";
import { projectDir } from "../stack/config.ts";
import { denoProgram, type DenoRelease } from "../stack/functions/deno-program.ts";
import { newKeyring } from "../stack/keyring.ts";
import { freePort } from "../stack/ports.ts";
import { createTokens } from "../stack/api/tokens.ts";
import { threadsCpu_ms } from "./processes.ts";
import { loadSecrets } from "../stack/secrets.ts";
import { hostedVariables } from "../stack/stack.ts";

const { values: options } = parseArgs({
  options: { rounds: { type: "string", default: "15" }, deno: { type: "string", default: "newest" } },
});
const release = releaseOf(options.deno);
const stateDir = mkdtempSync(path.join(tmpdir(), "byok-cold-"));
let running: ChildProcess | undefined;
process.on("exit", () => {
  running?.kill("SIGKILL");
  rmSync(stateDir, { recursive: true, force: true });
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(1));

interface Start {
  readonly name: string;
  readonly file: string;
  /** The path of the first request, after the function's name. */
  readonly endpoint: string;
  readonly env?: Record<string, string>;
  readonly answers: Answer[];
}

/** From the start of the process to its first answer. */
interface Answer {
  readonly time_ms: number;
  /** NaN where it is not known. */
  readonly cpu_ms: number;
}

/** Most that the bundled `call` may take, to an empty function. */
const goals = { "data api": 1.5, direct: 1.6 };

/** Nobody listens there, and nobody has to: what is asked is refused before the database would be. */
const nowhere = "http://127.0.0.1:9";
const directly = { BYOK_DATABASE_URL: "postgresql://byok_functions:password@127.0.0.1:9/postgres" };
const secrets = await loadSecrets(stateDir);
const variables = {
  ...hostedVariables(
    nowhere,
    "postgresql://postgres:password@127.0.0.1:9/postgres",
    secrets,
    await createTokens(secrets, nowhere),
  ),
  BYOK_MASTER_KEYS: newKeyring(),
};

/** A start is over with the first answer, so the endpoint that gives it is loaded too. */
const endpoints = { call: "call/openai/v1/models", save: "save", rotate: "rotate", providers: "providers" };
const bundled = path.join(stateDir, "bundled");
await bundleFunctions(bundled);
const starts: Start[] = [
  { name: "an empty function", file: path.join(import.meta.dirname, "cold/empty.ts"), endpoint: "", answers: [] },
  ...Object.entries(endpoints).flatMap(([name, endpoint]) =>
    [path.join(projectDir, "functions/byok/index.ts"), path.join(bundled, "functions/byok/index.ts")].flatMap(
      (file, isBundled) =>
        [{}, directly].map((env, isDirect) => ({
          name: `${name}, ${isDirect ? "direct" : "data api"}${isBundled ? ", bundled" : ""}`,
          ...{ file, endpoint, env, answers: [] },
        })),
    ),
  ),
];
// Once without a clock, so that everything has been compiled and read.
for (const start of starts) await firstAnswer(start);
for (let round = 0; round < Number(options.rounds); round++) {
  for (const start of starts) start.answers.push(await firstAnswer(start));
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
const mediansOf = ({ answers }: Start): Answer => ({
  time_ms: median(answers.map(({ time_ms }) => time_ms)),
  cpu_ms: median(answers.map(({ cpu_ms }) => cpu_ms)),
});
const empty = mediansOf(starts[0]!);
const shown = (value_ms: number, of_ms: number) =>
  `${value_ms.toFixed(0).padStart(5)} ms  ${(value_ms / of_ms).toFixed(2).padStart(5)} x`;
const [version] = execFileSync(denoProgram(release), ["--version"], { encoding: "utf8" }).split(" (");
console.log(`${cpus().length} x ${cpus()[0]?.model}; ${version}; medians of ${options.rounds} starts; time, CPU\n`);
for (const start of starts) {
  const { time_ms, cpu_ms } = mediansOf(start);
  console.log(`${start.name.padEnd(28)} ${shown(time_ms, empty.time_ms)}  ${shown(cpu_ms, empty.cpu_ms)}`);
}
for (const [way, atMost] of Object.entries(goals)) {
  const ratio = mediansOf(starts.find(({ name }) => name === `call, ${way}, bundled`)!).cpu_ms / empty.cpu_ms;
  console.log(`CPU of call, ${way}, bundled: at most ${atMost} x: ${ratio <= atMost ? "met" : "missed"}`);
}

function releaseOf(name: string): DenoRelease {
  if (name === "newest" || name === "hosted") return name;
  throw new Error(`--deno is newest or hosted, not ${name}`);
}

async function firstAnswer({ file, endpoint, env }: Start): Promise<Answer> {
  const port = await freePort();
  const started = performance.now();
  const child = (running = spawn(
    denoProgram(release),
    [
      ...["run", "--quiet", "--no-check", "--no-lock", "--cached-only", "--allow-all"],
      `--config=${path.join(projectDir, "deno.json")}`,
      path.join(import.meta.dirname, "cold/server.ts"),
      String(port),
      pathToFileURL(file).href,
    ],
    {
      env: { ...variables, ...env, DENO_DIR: path.join(stateDir, "deno"), DENO_NO_UPDATE_CHECK: "1" },
      stdio: ["ignore", "pipe", "inherit"],
    },
  ));
  try {
    await Promise.race([
      once(child.stdout, "data"),
      once(child, "exit").then(() => Promise.reject(new Error(`${file} ended before it listened.`))),
    ]);
    await (await fetch(`http://127.0.0.1:${port}/byok/${endpoint}`, { method: "POST", body: "{}" })).text();
    return { time_ms: performance.now() - started, cpu_ms: threadsCpu_ms(child.pid!) };
  } finally {
    child.kill("SIGKILL");
  }
}
