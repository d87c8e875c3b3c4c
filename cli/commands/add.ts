import { readFileSync } from "node:fs";
import path from "node:path";
import { CommandError, defineCommand, type Input, misused } from "../lib/command.ts";
import { planAddition } from "../lib/install/plans/add.ts";
import { ask } from "../lib/install/ask.ts";
import { readLock } from "../lib/install/lock.ts";
import { nextSteps } from "../lib/install/next-steps.ts";
import { emptyPlan } from "../lib/install/plan.ts";
import { installOptions, type Proposal, runInstall } from "../lib/install/run.ts";
import { findSupabaseCli } from "../lib/install/supabase-cli.ts";
import { readRelease, type Release } from "../lib/release.ts";
import { typed } from "../lib/typed.ts";

const options = {
  "function-name": { type: "string", value: "<name>", summary: "of the Edge Function; byok when absent" },
  operations: {
    type: "string",
    value: "<rows>",
    summary: "what credits pay for: examples, none, or a file of SQL; asked for when absent, none with --yes",
  },
  ...installOptions,
} as const;

type Options = Input<typeof options>["options"];

export const add = defineCommand({
  details: `It adds migrations, the function, its section in supabase/config.toml and supabase/byok.lock.json, and has a tsconfig leave out the
functions. It shows all of it first, and writes all or nothing. It reaches no hosted project.`,
  operands: [],
  options,
  async run({ options: given }) {
    const release = readRelease();
    return await runInstall(process.cwd(), given, (supabaseDir) => propose(supabaseDir, release, given));
  },
});

async function propose(supabaseDir: string, release: Release, given: Options): Promise<Proposal> {
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
  const operations = await readOperations(given, release);
  return {
    plan: planAddition({ supabaseDir, release, functionName, operations, now: new Date() }),
    ...{ title, nothing: "Nothing is to be added." },
    next: () => nextSteps(supabaseDir, functionName, findSupabaseCli(supabaseDir)),
  };
}

async function readOperations(given: Options, { exampleOperations }: Release): Promise<string | null> {
  const choice = given.operations ?? (given.yes || given["dry-run"] ? "none" : await askForOperations());
  if (choice === "none") return null;
  if (choice === "examples") return exampleOperations;
  const file = path.resolve(choice);
  try {
    return readFileSync(file, "utf8");
  } catch {
    throw misused(`--operations takes examples, none or a file of SQL, and ${file} cannot be read.`);
  }
}

async function askForOperations(): Promise<string> {
  const answer = await ask("Operations that credits pay for: examples, none, or a file of SQL? [none] ");
  return answer === "" ? "none" : answer;
}
