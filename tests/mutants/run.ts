/**
 * Removes each guard in turn, in a copy of the project, and watches its test turn red; in a copy for each core.
 *
 *     npm run test:mutants                     all guards
 *     npm run test:mutants -- envelope ledger  those whose name, file or test contains one of the words
 *
 * Exits with 1 when a guard can go without its test noticing.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import path from "node:path";
import { projectDir } from "../../stack/config.ts";
import { migrationFromSql, readMigrations } from "../../cli/lib/migrations.ts";
import { type Guard, guards } from "./mutants.ts";
import { without } from "./remove.ts";

/** A test's verdict: `silent` when it did not come to an assertion, which proves nothing. */
type Colour = "green" | "red" | "silent";

const words = process.argv.slice(2);
const chosen = guards.filter(
  ({ name, file, test }) =>
    words.length === 0 || words.some((word) => [name, file, test].some((text) => text.includes(word))),
);
/** The tests that run at the moment, which end what they have started before this ends. */
const running = new Set<ChildProcess>();
let isEnding = false;
const copies = Array.from({ length: availableParallelism() }, copyProject);
process.on("exit", () => copies.forEach((copy) => rmSync(copy, { recursive: true, force: true })));
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    isEnding = true;
    for (const child of running) child.kill();
  });
}

const survivors = await untrustworthyTests(copies[0]!);
const waiting = chosen.values();
await Promise.all(
  copies.map(async (copy) => {
    for (const guard of waiting) if (!(await isMissed(copy, guard))) survivors.push(guard.name);
  }),
);
console.log(`\n${chosen.length - survivors.length} of ${chosen.length} killed`);
if (survivors.length > 0 || chosen.length === 0) process.exit(1);

/** A test that is red anyway kills nothing. All of them are run at once, which takes a fraction of the time. */
async function untrustworthyTests(copy: string): Promise<string[]> {
  const tests = [...new Set(chosen.map(({ test }) => test))];
  const report = await vitest(copy, tests.map(fileOf), 3_600_000);
  return tests.filter((test) => {
    const colour = colourOf(test, report);
    if (colour !== "green") console.log(`${test} is ${colour} with all guards in place`);
    return colour !== "green";
  });
}

async function isMissed(copy: string, guard: Guard): Promise<boolean> {
  const file = path.join(copy, guard.file);
  const source = readFileSync(file, "utf8");
  writeFileSync(file, without(guard, source));
  const isSchema = guard.file.startsWith("sql/");
  if (isSchema) writeMigration(copy);
  const report = await vitest(copy, [fileOf(guard.test), ...nameOf(guard.test), "--bail", "1"], 300_000);
  const colour = colourOf(guard.test, report);
  writeFileSync(file, source);
  if (isSchema) writeMigration(copy);
  const isKilled = colour === "red";
  console.log(
    `${isKilled ? "killed  " : "SURVIVED"}  ${guard.name}${colour === "silent" ? ": its test did not run" : ""}`,
  );
  return isKilled;
}

/** The working tree without what git ignores; its packages are shared with it. */
function copyProject(): string {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), "byok-guards-")));
  const list = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "-z"], {
    cwd: projectDir,
    encoding: "utf8",
  });
  for (const file of list.split("\0").filter(Boolean)) {
    cpSync(path.join(projectDir, file), path.join(folder, file), { recursive: true });
  }
  symlinkSync(path.join(projectDir, "node_modules"), path.join(folder, "node_modules"));
  return folder;
}

/** Puts sql/ in the place of the migrations, which the stack applies. It leaves the database's types alone: no test here checks types. */
function writeMigration(copy: string): void {
  const [first, ...others] = readMigrations(copy).map(({ file }) => path.join(copy, "supabase/migrations", file));
  writeFileSync(first!, migrationFromSql(path.join(copy, "sql")));
  for (const file of others) rmSync(file);
}

/** Reports of vitest on each file that it ran. */
type Report = readonly {
  readonly name: string;
  readonly status: string;
  readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
}[];

function isSql(test: string): boolean {
  return test.endsWith(".sql");
}

/** The file that vitest runs for a test: a file of pgTAP is one test of another. */
function fileOf(test: string): string {
  return isSql(test) ? "tests/sql/pgtap.test.ts" : test;
}

function nameOf(test: string): string[] {
  return isSql(test) ? ["-t", path.basename(test)] : [];
}

/** Runs tests in a copy, once each, and not again over the Data API or as on a hosted project. */
async function vitest(copy: string, args: string[], timeout_ms: number): Promise<Report> {
  const report = path.join(copy, "report.json");
  rmSync(report, { force: true });
  const projects = ["--project", "!data-api", "--project", "!hosted*"];
  const options = [...projects, "--reporter", "json", "--outputFile", report];
  const child = spawn(process.execPath, ["node_modules/vitest/vitest.mjs", "run", ...args, ...options], {
    cwd: copy,
    stdio: "ignore",
    timeout: timeout_ms,
  });
  running.add(child);
  await once(child, "close");
  running.delete(child);
  if (isEnding && running.size === 0) process.exit(1);
  if (isEnding) await new Promise(() => undefined);
  try {
    return JSON.parse(readFileSync(report, "utf8")).testResults;
  } catch {
    return [];
  }
}

function colourOf(test: string, report: Report): Colour {
  const files = report.filter(({ name }) => name.endsWith(`/${fileOf(test)}`));
  const results = files
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ fullName }) => !isSql(test) || fullName.includes(path.basename(test)))
    .map(({ status }) => status);
  if (results.includes("failed")) return "red";
  const isDone = isSql(test) || files.every(({ status }) => status === "passed");
  return isDone && results.includes("passed") ? "green" : "silent";
}
