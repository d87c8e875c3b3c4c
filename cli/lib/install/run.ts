/** The way of every command that writes into a project: plan, show, ask once, write all of it. */
import { CommandError, type ExitCode, exitCodes, misused, type Option } from "../command.ts";
import { jsonOption } from "../options.ts";
import { confirm, ownTerminal } from "./ask.ts";
import { findSupabaseDir } from "./find-project.ts";
import { type Plan, planJson, planText } from "./plan.ts";
import { finishInterrupted, isInterrupted, writeAll } from "./write.ts";

export const installOptions = {
  "supabase-dir": { type: "string", value: "<folder>", summary: "the folder of config.toml, where it is not found" },
  "dry-run": { type: "boolean", summary: "shows what would be written, and writes nothing" },
  yes: { type: "boolean", summary: "writes without asking" },
  json: { ...jsonOption, summary: "prints the plan as JSON; with --dry-run or --yes" },
} as const satisfies Record<string, Option>;

export interface InstallOptions {
  readonly "supabase-dir": string | undefined;
  readonly "dry-run": boolean;
  readonly yes: boolean;
  readonly json: boolean;
}

/** The plan of a command for a project, and its words. */
export interface Proposal {
  readonly plan: Plan;
  /** The head of the plan, as in `Add supabase-byok 0.1.0`. */
  readonly title: string;
  /** Printed where there is nothing to write. */
  readonly nothing: string;
  /** Printed at the end; a function, since it may ask other programs. */
  readonly next?: () => string;
  /** Something is left for the user to do before the project works again. */
  readonly isUnfinished?: boolean;
}

/** @param propose is told whether this run has finished an interrupted one */
export async function runInstall(
  cwd: string,
  options: InstallOptions,
  propose: (supabaseDir: string, hasFinished: boolean) => Proposal | Promise<Proposal>,
): Promise<ExitCode> {
  const { json, yes, "dry-run": isDryRun } = options;
  if (json && !yes && !isDryRun) throw misused("--json needs --dry-run or --yes.");
  if (!yes && !isDryRun && !ownTerminal.input.isTTY) {
    throw misused(
      "There is no terminal to ask on.",
      "Add --yes to go on without a question, or --dry-run to look first.",
    );
  }
  const supabaseDir = findSupabaseDir(cwd, options["supabase-dir"]);
  const hasFinished = finish(supabaseDir, isDryRun);
  const proposal = await propose(supabaseDir, hasFinished);
  const { plan } = proposal;
  const isEmpty = plan.changes.length === 0;
  const print = (text: string) => {
    if (!json) console.log(text);
  };
  print(isEmpty ? [proposal.nothing, ...plan.notices].join("\n\n") : `${proposal.title}\n\n${planText(plan)}\n`);
  const isAgreed = !isEmpty && !isDryRun && (yes || (await confirm("Write this?")));
  if (isAgreed) writeAll(plan);
  if (json) console.log(JSON.stringify({ ...planJson(plan), written: isAgreed }));
  if (!isEmpty && !isDryRun && !isAgreed) {
    print("Nothing was changed.");
    return exitCodes.failed;
  }
  if (isAgreed) print(["Written.", proposal.next?.()].filter(Boolean).join("\n\n"));
  return proposal.isUnfinished ? exitCodes.failed : exitCodes.done;
}

function finish(supabaseDir: string, isDryRun: boolean): boolean {
  if (isDryRun && isInterrupted(supabaseDir)) {
    throw new CommandError("An earlier run was interrupted.", {
      nextStep: "Run the command without --dry-run: it finishes that one first.",
    });
  }
  const hasFinished = finishInterrupted(supabaseDir);
  if (hasFinished) console.error("Finished an earlier run that was interrupted.");
  return hasFinished;
}
