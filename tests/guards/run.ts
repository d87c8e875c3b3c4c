/**
 * Removes each guard in turn, in a copy of the project, and watches its test turn red.
 *
 *     npm run test:guards                     all guards
 *     npm run test:guards -- envelope         those whose name, file or test contains a word
 *
 * Exits with 1 when a guard can go without its test noticing.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { projectDir } from "../../local/config.ts";
import { migrationFile, migrationFromSql } from "../../local/generate.ts";
import { type Guard, guards } from "./guards.ts";
import { without } from "./remove.ts";

/** What a test says: `silent` when it did not come to an assertion, which proves nothing. */
type Colour = "green" | "red" | "silent";

const word = process.argv[2] ?? "";
const chosen = guards.filter(({ name, file, test }) => [name, file, test].some((text) => text.includes(word)));
const copy = copyProject();
process.on("exit", () => rmSync(copy, { recursive: true, force: true }));
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit(1));

const survivors = [...untrustworthyTests(), ...chosen.filter((guard) => !isMissed(guard)).map(({ name }) => name)];
console.log(`\n${chosen.length - survivors.length} of ${chosen.length} killed`);
if (survivors.length > 0 || chosen.length === 0) process.exit(1);

/** A test that is red anyway kills nothing. */
function untrustworthyTests(): string[] {
  const tests = [...new Set(chosen.map(({ test }) => test))];
  return tests.filter((test) => {
    const colour = run(test);
    if (colour !== "green") console.log(`${test} is ${colour} with all guards in place`);
    return colour !== "green";
  });
}

function isMissed(guard: Guard): boolean {
  const file = path.join(copy, guard.file);
  const source = readFileSync(file, "utf8");
  writeFileSync(file, without(guard, source));
  const isSql = guard.file.startsWith("sql/");
  if (isSql) writeMigration();
  const colour = run(guard.test);
  writeFileSync(file, source);
  if (isSql) writeMigration();
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

/** What the stack applies. The types of the database are not made anew: no test here checks types. */
function writeMigration(): void {
  writeFileSync(path.join(copy, path.relative(projectDir, migrationFile)), migrationFromSql(path.join(copy, "sql")));
}

/** Runs a test file, or the one that runs a file of pgTAP. */
function run(test: string): Colour {
  const isSql = test.endsWith(".sql");
  const report = path.join(copy, "report.json");
  rmSync(report, { force: true });
  spawnSync(
    process.execPath,
    [
      "node_modules/vitest/vitest.mjs",
      "run",
      isSql ? "tests/sql/pgtap.test.ts" : test,
      ...(isSql ? ["-t", path.basename(test)] : []),
      ...["--bail", "1", "--reporter", "json", "--outputFile", report],
    ],
    { cwd: copy, stdio: "ignore", timeout: 300_000 },
  );
  try {
    const { numFailedTests, numPassedTests, success } = JSON.parse(readFileSync(report, "utf8"));
    if (numFailedTests > 0) return "red";
    return success && numPassedTests > 0 ? "green" : "silent";
  } catch {
    return "silent";
  }
}
