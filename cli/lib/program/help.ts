/** The text of `--help`, made from the table of commands. */
import type { Command, CommandRow, Option } from "../command.ts";
import { manifest, typed } from "../typed.ts";

/** Of several commands: a line for each, under the headings that they have. */
export function groupHelp(rows: readonly CommandRow[]): string {
  const topics = [...new Set(rows.map(({ topic }) => topic ?? "Commands"))];
  const lines = columns(rows.map(({ name, summary }) => [name, summary] as const));
  const groups = topics.flatMap((topic) => [
    `${topic}:`,
    ...lines.filter((_, at) => (rows[at]?.topic ?? "Commands") === topic),
    "",
  ]);
  return [...groups, `Each explains itself: ${typed("<command> --help")}`].join("\n");
}

/** Of the whole program. */
export function programHelp(rows: readonly CommandRow[]): string {
  const { name, version, description } = manifest;
  return [
    `${name} ${version}: ${description}.`,
    "",
    `Usage: ${typed("<command> [<options>]")}`,
    "",
    groupHelp(rows),
  ].join("\n");
}

/** The ways to type a command, one a line. */
export function usageOf({ name }: CommandRow, { usage, options }: Command): string {
  const ways = usage ?? (Object.keys(options).length > 0 ? "[<options>]" : "");
  const [first, ...others] = ways.split("\n").map((way) => typed(`${name} ${way}`.trim()));
  return [`Usage: ${first}`, ...others.map((other) => `       ${other}`)].join("\n");
}

/** Of one command. */
export function commandHelp(row: CommandRow, command: Command): string {
  const { details, options } = command;
  const all = Object.entries({ ...options, help: { type: "boolean", summary: "prints this" } } as Record<
    string,
    Option
  >);
  const lines = all.map(([name, option]) => [flag(name, option), option.summary] as const);
  return [
    usageOf(row, command),
    sentence(row.summary),
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
