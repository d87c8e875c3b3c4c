/** Questions on a terminal. */
import { createInterface } from "node:readline/promises";

export interface Terminal {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream;
}

export const ownTerminal: Terminal = { input: process.stdin, output: process.stderr };

/** The line that is typed, without spaces around it; an empty one when the input ends. */
export async function ask(question: string, { input, output }: Terminal = ownTerminal): Promise<string> {
  const lines = createInterface({ input, output });
  try {
    const ended = new Promise<string>((resolve) => lines.once("close", () => resolve("")));
    return (await Promise.race([lines.question(question), ended])).trim();
  } finally {
    lines.close();
  }
}

/** Only y and yes agree. */
export async function confirm(question: string, terminal?: Terminal): Promise<boolean> {
  return /^y(?:es)?$/i.test(await ask(`${question} [y/N] `, terminal));
}
