/** The form of a command, and of its end. */

/** An option as node:util's parseArgs takes it, with what the help says of it. */
export interface Option {
  readonly type: "string" | "boolean";
  readonly default?: string;
  /** The value's name in the help, such as `<folder>`; absent for a boolean. */
  readonly value?: string;
  readonly summary: string;
  /** The command is not understood without it. */
  readonly required?: boolean;
}

type Options = Readonly<Record<string, Option>>;

type ValueOf<O extends Option> = O["type"] extends "boolean"
  ? boolean
  : O extends { readonly default: string } | { readonly required: true }
    ? string
    : string | undefined;

/** The words after a command's name. */
export interface Input<O extends Options, Operands extends readonly string[] = []> {
  readonly options: { readonly [Name in keyof O]: ValueOf<O[Name]> };
  readonly operands: Readonly<Record<Operands[number], string>>;
}

export interface Command<O extends Options = any, Operands extends readonly string[] = any> {
  /**
   * The words after its name, one way a line, without the options that need not be there. `[<options>]`, if it has any, when absent.
   */
  readonly usage?: string;
  /** The rest of the help: values of operands, environment, what 0 and 1 mean as exit codes. */
  readonly details?: string;
  /** Names of what follows the command's name, in their order; each is needed. */
  readonly operands: Operands;
  readonly options: O;
  /**
   * Refuses early, before the command's packages are asked for.
   *
   * @throws CommandError
   */
  check?(input: Input<O, Operands>): void;
  /** @throws CommandError when it is refused or cannot be done */
  run(input: Input<O, Operands>): Promise<ExitCode | void>;
}

/** Needs of a command beyond this package. */
export interface Needs {
  /** The oldest version of Node, as `22.13`. */
  readonly node: string;
  /** Packages that are left to the user to install. */
  readonly packages: readonly string[];
}

/** A row of the table of commands. */
export interface CommandRow {
  /** One or two words, as `credits grant`. */
  readonly name: string;
  /** One line, beginning with a verb. */
  readonly summary: string;
  /** The heading above it in the list of all commands. */
  readonly topic?: string;
  readonly needs?: Needs;
  load(): Promise<Command>;
}

/** Gives the options and operands of a command their types. */
export function defineCommand<const O extends Options, const Operands extends readonly string[]>(
  command: Command<O, Operands>,
): Command<O, Operands> {
  return command;
}

export const exitCodes = {
  done: 0,
  /** Refused, not done, or a check that has found something. */
  failed: 1,
  /** A command line that is not understood. */
  misused: 2,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Why a command ends, in words for the person who typed it. */
export class CommandError extends Error {
  /** The next step, as a sentence. */
  readonly nextStep: string | undefined;
  readonly exitCode: ExitCode;

  constructor(
    message: string,
    { nextStep, exitCode = exitCodes.failed }: { nextStep?: string; exitCode?: ExitCode } = {},
  ) {
    super(message);
    this.nextStep = nextStep;
    this.exitCode = exitCode;
  }
}

/** Why what was typed is not understood; the usage is printed after it. */
export function misused(message: string, nextStep?: string): CommandError {
  return new CommandError(message, { exitCode: exitCodes.misused, ...(nextStep && { nextStep }) });
}
