/** Runs the Supabase CLI: its questions reach the person at the terminal, and their answers it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { CommandError } from "../command.ts";
import type { SupabaseCli } from "../install/supabase-cli.ts";

export interface SupabaseProgram {
  /** @throws CommandError if it ends with another code than 0 */
  run(args: readonly string[]): Promise<void>;
  /** Returns its standard output. @throws CommandError if it ends with another code than 0 */
  read(args: readonly string[]): Promise<string>;
}

/** @param cwd the folder that holds the supabase folder */
export function supabaseProgram({ program }: SupabaseCli, cwd: string): SupabaseProgram {
  const start = (args: readonly string[], output: "inherit" | "pipe") =>
    spawn(program, args, { cwd, stdio: ["inherit", output, "inherit"], shell: process.platform === "win32" });
  const ended = async (child: ReturnType<typeof start>, args: readonly string[]) => {
    const [code] = (await once(child, "close")) as [number | null];
    if (code === 0) return;
    const words = args.filter((arg) => /^[a-z]/.test(arg)).slice(0, 2);
    throw new CommandError(`supabase ${words.join(" ")} ended with ${code ?? "a signal"}. No later step was begun.`, {
      nextStep: "Mend what it says above, and run the same command again: it goes on from here.",
    });
  };
  return {
    run: (args) => ended(start(args, "inherit"), args),
    async read(args) {
      const child = start(args, "pipe");
      const [output] = await Promise.all([text(child.stdout!), ended(child, args)]);
      return output;
    },
  };
}
