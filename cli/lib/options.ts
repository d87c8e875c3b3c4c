/** Options that several commands take, and reading their values. */
import path from "node:path";
import { projectDir } from "../../stack/config.ts";
import { misused } from "./command.ts";
import { findSupabaseDir } from "./install/find-project.ts";
import { isPackaged, typed } from "./typed.ts";

export const stateOption = {
  type: "string",
  default: stateOfStack(),
  value: "<folder>",
  summary: `of the stack that ${typed("start")} runs, if it is not ${isPackaged ? ".temp/byok in the supabase folder" : ".stack"}`,
} as const;

export const jsonOption = { type: "boolean", summary: "prints JSON, for machines" } as const;

/** @throws CommandError unless the text is a whole number within the bounds */
export function readNumber(option: string, text: string, least: number, most: number): number {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw misused(`${option} takes a number from ${least} to ${most}.`);
}

/** The folder that `start` keeps its state in, if it is given none. */
function stateOfStack(): string {
  if (!isPackaged) return path.join(projectDir, ".stack");
  try {
    return path.join(findSupabaseDir(process.cwd()), ".temp/byok");
  } catch {
    // Not in a project: no stack runs in it either.
    return path.resolve("supabase/.temp/byok");
  }
}
