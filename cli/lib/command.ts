/** What the operator's commands have in common: how they end. */

/** Thrown for what the operator typed. */
export class UsageError extends Error {}

/** Thrown with words for the operator. */
export class Refusal extends Error {}

/**
 * Runs a command. The exit code is 0 when it says that all is well and 1 when not or when it is refused; 2 with the usage when
 * what was typed is not understood.
 *
 * @param command prints what it finds, and tells whether all is well
 */
export async function runCommand(usage: string, command: () => Promise<boolean>): Promise<void> {
  try {
    process.exitCode = (await command()) ? 0 : 1;
  } catch (error) {
    if (error instanceof UsageError) console.error(`${error.message}\n\n${usage}`);
    else if (error instanceof Refusal) console.error(error.message);
    else throw error;
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}
