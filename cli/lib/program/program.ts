/** Finds the command that was typed, reads its options, runs it, and says how it ended. */
import { type ParseArgsConfig, parseArgs } from "node:util";
import { type Command, CommandError, type CommandRow, type ExitCode, exitCodes, misused } from "../command.ts";
import { commandHelp, groupHelp, programHelp, usageOf } from "./help.ts";
import { nearest } from "./nearest.ts";
import { requireNode, requirePackages } from "./needs.ts";
import { manifest, typed } from "../typed.ts";

/**
 * @param args what follows the program's name
 * @returns the exit code
 */
export async function runProgram(rows: readonly CommandRow[], args: readonly string[]): Promise<ExitCode> {
  const row = rows.find(({ name }) => name.split(" ").every((word, index) => word === args[index]));
  if (!row) return listCommands(rows, args);
  const command = await row.load();
  const rest = args.slice(row.name.split(" ").length);
  if (asksForHelp(rest)) return print(commandHelp(row, command));
  try {
    const input = readInput(row.name, command, rest);
    if (row.needs) {
      requireNode(row.name, row.needs.node);
      command.check?.(input);
      requirePackages(row.name, row.needs.packages);
    }
    return (await command.run(input)) ?? exitCodes.done;
  } catch (error) {
    return fail(error, `${usageOf(row, command)}\nOptions: ${typed(`${row.name} --help`)}`);
  }
}

/** `--help` above a single command; or what was typed is the name of none. */
function listCommands(rows: readonly CommandRow[], args: readonly string[]): ExitCode {
  const group = rows.filter(({ name }) => name.split(" ").length > 1 && name.split(" ")[0] === args[0]);
  const help = group.length > 0 ? groupHelp(group) : programHelp(rows);
  if (args[0] === "--version") return print(manifest.version);
  if (asksForHelp(args)) return print(help);
  const unknown = args[group.length > 0 ? 1 : 0];
  if (unknown === undefined) return fail(misused("Name a command."), help);
  const words = args.slice(0, 2).join(" ");
  const names = rows.map(({ name }) => name);
  const meant = nearest(words, names) ?? nearest(unknown, names);
  const complaint = `There is no command '${group.length > 0 ? words : unknown}'.`;
  return fail(misused(meant ? `${complaint} Did you mean ${typed(meant)}?` : complaint), help);
}

function asksForHelp(args: readonly string[]): boolean {
  return args.includes("--help") || args.includes("-h");
}

function print(text: string): ExitCode {
  console.log(text);
  return exitCodes.done;
}

function readInput(name: string, command: Command, args: readonly string[]) {
  const { options, operands } = command as Command<Record<string, CommandOption>, readonly string[]>;
  const { values, positionals } = parse(args, options);
  if (positionals.length !== operands.length) {
    throw misused(`${name} takes ${operands.map((operand) => `<${operand}>`).join(" and ") || "no operand"}.`);
  }
  for (const [option, { type, required }] of Object.entries(options)) {
    if (type === "boolean") values[option] ??= false;
    if (required && !values[option]) throw misused(`${name} needs --${option}.`);
  }
  return { options: values, operands: Object.fromEntries(operands.map((operand, at) => [operand, positionals[at]!])) };
}

type CommandOption = Command["options"][string];

function parse(args: readonly string[], options: NonNullable<ParseArgsConfig["options"]>) {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    return { values: { ...values } as Record<string, string | boolean | undefined>, positionals };
  } catch (error) {
    // Node goes on to say how to pass words that only look like options, which no command takes.
    const [message] = (error as Error).message.split(/ To specify a positional|\n/);
    const [, unknown] = /^Unknown option '--([^']+)'/.exec(message!) ?? [];
    const meant = unknown && nearest(unknown, [...Object.keys(options), "help"]);
    throw misused(`${message!.replace(/\.$/, "")}.${meant ? ` Did you mean --${meant}?` : ""}`);
  }
}

/** A plain Error is thrown on purpose and worded for the reader; any other kind is a fault, and its trace helps. */
function fail(error: unknown, help: string): ExitCode {
  if (error instanceof CommandError) {
    const { message, nextStep, exitCode } = error;
    console.error([message, nextStep].filter(Boolean).join("\n"));
    if (exitCode === exitCodes.misused) console.error(`\n${help}`);
    return exitCode;
  }
  console.error(error instanceof Error && error.constructor === Error ? error.message : error);
  return exitCodes.failed;
}
