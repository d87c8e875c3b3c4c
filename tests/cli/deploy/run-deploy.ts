import { afterEach, vi } from "vitest";
import { commandsForEveryone } from "../../../cli/commands.ts";
import { runProgram } from "../../../cli/lib/program/program.ts";
import type { FakeSupabase } from "./fake-supabase.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** Runs the command in this process, and returns what it prints itself. */
export async function runDeploy(
  fake: FakeSupabase,
  args: readonly string[],
): Promise<{ code: number; output: string }> {
  let output = "";
  for (const stream of ["log", "error"] as const) {
    vi.spyOn(console, stream).mockImplementation((text) => void (output += `${text}\n`));
  }
  vi.stubEnv("PATH", fake.path);
  return { code: await runProgram(commandsForEveryone, ["deploy", ...args]), output };
}
