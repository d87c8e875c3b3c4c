/** Runs the checks of `doctor`, and words what they found. */
import { explain } from "../operator-database.ts";
import { type Check, type Finding, problem, type Reach, skipped, type State, type Subject } from "./check.ts";

/** A check and one of its findings. */
export interface Result extends Finding {
  readonly id: string;
  readonly title: string;
}

/** The thing to give when a part is absent. */
const missing: Readonly<Record<keyof Reach, string>> = {
  database: "Not looked at without a database: name one with --db-url <url>.",
  api: "Not looked at without a running project: start one, or use --remote with SUPABASE_URL.",
  secrets: "Not looked at without a file of secrets: name one with --secrets <file>.",
  weigh: "Not weighed without your costs: give --costs <file> and --credit-usd <price>.",
};

export async function runChecks(checks: readonly Check[], subject: Subject): Promise<Result[]> {
  const results: Result[] = [];
  for (const check of checks) {
    const { id, title } = check;
    results.push(...(await findingsOf(check, subject)).map((finding) => ({ id, title, ...finding })));
  }
  return results;
}

async function findingsOf(check: Check, subject: Subject): Promise<readonly Finding[]> {
  const absent = check.needs.find((part) => subject[part] === undefined);
  if (absent) return [skipped(missing[absent])];
  if (check.needs.includes("database")) return await readOnly(check, subject);
  return await check.run(subject);
}

/** A check's statements change nothing, whatever they are. One that fails is a finding. */
async function readOnly(check: Check, subject: Subject): Promise<readonly Finding[]> {
  const client = subject.database!;
  await client.query("begin transaction read only");
  try {
    return await check.run(subject);
  } catch (error) {
    return [problem(explain(error), "See that the address is that of the project, as role postgres.")];
  } finally {
    await client.query("rollback").catch(() => undefined);
  }
}

const marks: Readonly<Record<State, string>> = { ok: "ok", warning: "WARNING", problem: "PROBLEM", skipped: "-" };

/** One line a finding, the next step below it, and the counts last. */
export function describeResults(results: readonly Result[]): string {
  const width = Math.max(...results.map(({ title }) => title.length));
  const indent = " ".repeat(9);
  const lines = results.flatMap(({ state, title, words, nextStep }) => [
    `${marks[state].padEnd(9)}${title.padEnd(width)}  ${words}`,
    ...(nextStep ? [`${indent}${" ".repeat(width)}  -> ${nextStep}`] : []),
  ]);
  const count = (state: State) => results.filter((result) => result.state === state).length;
  const sums = (["problem", "warning", "ok", "skipped"] as const).map((state) => `${state}: ${count(state)}`);
  return [...lines, "", sums.join(", ")].join("\n");
}
