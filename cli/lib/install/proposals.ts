/** The proposal of each command to a project, in the state that the project is in. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { CommandError, misused } from "../command.ts";
import type { Release } from "../release.ts";
import { typed } from "../typed.ts";
import { ask, type Terminal } from "./ask.ts";
import { notAdded, readLock } from "./lock.ts";
import { nextSteps } from "./next-steps.ts";
import { emptyPlan } from "./plan.ts";
import { planAddition } from "./plans/add.ts";
import { planRemoval } from "./plans/remove.ts";
import { planUpdate } from "./plans/update.ts";
import type { InstallOptions, Proposal } from "./run.ts";

export interface AddOptions extends InstallOptions {
  readonly "function-name": string | undefined;
  /** `examples`, `none` or a file of SQL; asked for when undefined and there is somebody to ask. */
  readonly operations: string | undefined;
}

export async function proposeAddition(
  supabaseDir: string,
  release: Release,
  given: AddOptions,
  terminal?: Terminal,
): Promise<Proposal> {
  const lock = readLock(supabaseDir);
  const title = `Add supabase-byok ${release.version} to ${supabaseDir}`;
  if (lock) {
    const wanted = given["function-name"];
    if (wanted !== undefined && wanted !== lock.functionName) {
      throw new CommandError(
        `supabase-byok is in this project already, and its function is named ${lock.functionName}.`,
      );
    }
    const advice = lock.version === release.version ? "" : ` For ${release.version}: ${typed("update")}`;
    const nothing = `supabase-byok ${lock.version} is in this project already.${advice}`;
    return { plan: emptyPlan(supabaseDir), title, nothing };
  }
  const functionName = given["function-name"] ?? "byok";
  const operations = readOperations(given.operations ?? (await choose(given, terminal)), release);
  return {
    plan: planAddition({ supabaseDir, release, functionName, operations, now: new Date() }),
    ...{ title, nothing: "Nothing is to be added." },
    next: () => nextSteps(supabaseDir, functionName),
  };
}

async function choose(given: AddOptions, terminal: Terminal | undefined): Promise<string> {
  if (given.yes || given["dry-run"]) return "none";
  return (
    (await ask(
      "What do credits pay for: examples (three operations with prices), none, or a file of SQL? [none] ",
      terminal,
    )) || "none"
  );
}

function readOperations(choice: string, { exampleOperations }: Release): string | null {
  if (choice === "none") return null;
  if (choice === "examples") return exampleOperations;
  const file = path.resolve(choice);
  try {
    return readFileSync(file, "utf8");
  } catch {
    throw misused(`Operations are examples, none or a file of SQL, and ${file} cannot be read.`);
  }
}

export function proposeUpdate(supabaseDir: string, release: Release): Proposal {
  const lock = readLock(supabaseDir);
  if (!lock) throw notAdded(supabaseDir);
  const plan = planUpdate({ supabaseDir, release, lock, now: new Date() });
  return {
    ...{ plan, title: `Update supabase-byok ${lock.version} to ${release.version} in ${supabaseDir}` },
    nothing: `supabase-byok ${lock.version} is up to date.`,
    next: () => `Deploy it, the migrations before the function: ${typed("deploy --run")}`,
    isUnfinished: plan.conflicts.length > 0,
  };
}

/** @param hasFinished a removal may have been interrupted, and is finished now */
export function proposeRemoval(
  supabaseDir: string,
  release: Release,
  { database, hasFinished }: { readonly database: boolean; readonly hasFinished: boolean },
): Proposal {
  const lock = readLock(supabaseDir);
  const title = `Remove supabase-byok from ${supabaseDir}`;
  if (!lock && !hasFinished) throw new CommandError(`supabase-byok is not in ${supabaseDir}.`);
  if (!lock) return { plan: emptyPlan(supabaseDir), title, nothing: "supabase-byok is removed." };
  return {
    plan: planRemoval({ supabaseDir, release, lock, database, now: new Date() }),
    ...{ title, nothing: "Nothing is to be removed." },
    next: () => (database ? afterDatabase(lock.functionName) : "Take the components out of your app as well."),
  };
}

const afterDatabase = (
  functionName: string,
) => `Then take the components out of your app, and for each project that has the schema:
  1. npx supabase functions delete ${functionName}
  2. Take byok out of the exposed schemas: Dashboard, Data API settings. While one of them is missing, the Data API is down.
  3. npx supabase db push, with --remote in version 3 of the CLI, applies the migration.`;
