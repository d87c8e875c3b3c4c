/** The text of `--help`, made from the table of commands. */
import type { Command, CommandRow, Option } from "./command.ts";

/** Of several commands: a line for each. */
export function groupHelp(rows: readonly CommandRow[]): string {
  const lines = rows.map(({ name, summary }) => [name, summary] as const);
  return [`Commands:`, ...columns(lines), "", "Each explains itself with --help."].join("\n");
}

/** Of one command. */
export function commandHelp({ summary }: CommandRow, { usage, details, options }: Command): string {
  const all = Object.entries({ ...options, help: { type: "boolean", summary: "prints this" } } as Record<
    string,
    Option
  >);
  const lines = all.map(([name, option]) => [flag(name, option), option.summary] as const);
  const [first, ...others] = usage.split("\n");
  return [
    `Usage: ${first}`,
    ...others.map((other) => `       ${other}`),
    sentence(summary),
    "",
    ...columns(lines),
    ...(details ? ["", details] : []),
    "",
    "Exit code: 0 done, 1 refused or failed, 2 not understood.",
  ].join("\n");
}

function flag(name: string, { value }: Option): string {
  return value ? `--${name} ${value}` : `--${name}`;
}

function sentence(summary: string): string {
  return `${summary[0]?.toUpperCase()}${summary.slice(1)}.`;
}

function columns(lines: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...lines.map(([left]) => left.length));
  return lines.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
