/** A plan: what a command would write into a project, and its words for people and for machines. */
import path from "node:path";
import { createTwoFilesPatch, FILE_HEADERS_ONLY } from "diff";
import type { Change } from "./draft.ts";
import type { Writing } from "./write.ts";

export interface Plan extends Writing {
  /** Files whose text is the release's or a record: they are named, and not shown line by line. */
  readonly unshown: ReadonlySet<string>;
  /** Sentences for the user. */
  readonly notices: readonly string[];
}

export function emptyPlan(supabaseDir: string): Plan {
  return { supabaseDir, changes: [], made: [], emptied: [], unshown: new Set(), notices: [] };
}

type Action = "new" | "changed" | "deleted";

function actionOf({ before, after }: Change): Action {
  if (before === null) return "new";
  return after === null ? "deleted" : "changed";
}

/** A list of the files, then the difference of each that is the project's own, then the notices. */
export function planText(plan: Plan): string {
  const width = Math.max(...plan.changes.map((change) => nameOf(plan, change).length));
  const lines = plan.changes.map((change) => {
    const size = plan.unshown.has(change.path) && change.after !== null ? `  ${linesOf(change.after)} lines` : "";
    return `  ${actionOf(change).padEnd(7)}  ${size ? nameOf(plan, change).padEnd(width) : nameOf(plan, change)}${size}`;
  });
  const differences = shown(plan).map((change) => differenceOf(nameOf(plan, change), change));
  return [lines.join("\n"), ...differences, ...plan.notices].join("\n\n");
}

/** The same as values for JSON; paths are relative to the supabase folder's parent. */
export function planJson(plan: Plan) {
  return {
    supabase_dir: plan.supabaseDir,
    changes: plan.changes.map((change) => ({
      path: nameOf(plan, change),
      action: actionOf(change),
      diff: isShown(plan, change) ? differenceOf(nameOf(plan, change), change) : null,
    })),
    notices: plan.notices,
  };
}

/** A unified diff. */
export function differenceOf(name: string, { before, after }: Pick<Change, "before" | "after">): string {
  const [from, to] = [before === null ? "/dev/null" : name, after === null ? "/dev/null" : name];
  return createTwoFilesPatch(from, to, before ?? "", after ?? "", undefined, undefined, {
    headerOptions: FILE_HEADERS_ONLY,
  }).trimEnd();
}

function shown(plan: Plan): readonly Change[] {
  return plan.changes.filter((change) => isShown(plan, change));
}

function isShown(plan: Plan, change: Change): boolean {
  return !plan.unshown.has(change.path) && change.after !== null;
}

function nameOf({ supabaseDir }: Plan, change: Change): string {
  return path.relative(path.dirname(supabaseDir), change.path).replaceAll("\\", "/");
}

function linesOf(text: string): number {
  return text.split("\n").length - 1;
}
