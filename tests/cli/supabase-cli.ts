/** The Supabase CLI in the two versions that are in use, each told not to report to anybody. */
import { existsSync } from "node:fs";
import path from "node:path";
import { expect } from "vitest";
import { projectDir } from "../../stack/config.ts";
import { run } from "../harness/processes.ts";

export interface SupabaseCli {
  readonly version: 2 | 3;
  readonly program: string;
  /** The flag that names a hosted project. */
  project(ref: string): string;
  /** The flag that names a database by its address. */
  database(url: string): string;
}

const versions: readonly SupabaseCli[] = [
  { version: 3, program: "supabase", project: (ref) => `--remote=${ref}`, database: (url) => `--remote=${url}` },
  {
    version: 2,
    // From npm on Linux x64 alone; what npm has as `supabase` for other machines is version 2 too.
    program: path.join(projectDir, "node_modules/supabase-cli-2/bin/supabase"),
    project: (ref) => `--project-ref=${ref}`,
    database: (url) => `--db-url=${url}`,
  },
];

/** Those that run on this machine; says which does not. */
export const clis = versions.filter(({ version, program }) => {
  const isInstalled = !path.isAbsolute(program) || existsSync(program);
  if (!isInstalled)
    console.warn(`not tested: version ${version} of the Supabase CLI, which npm has not installed here`);
  return isInstalled;
});

/** A home of its own, and an access token of nobody. */
export function environmentAt(home: string): Record<string, string> {
  return {
    HOME: home,
    SUPABASE_HOME: path.join(home, ".supabase"),
    SUPABASE_ACCESS_TOKEN: `sbp_${"0".repeat(40)}`,
    SUPABASE_NO_KEYRING: "1",
    SUPABASE_NO_UPDATE_NOTIFIER: "1",
    SUPABASE_TELEMETRY_DISABLED: "1",
    DO_NOT_TRACK: "1",
    CI: "1",
  };
}

/** Runs a command with a home of its own, and returns what it prints. */
export async function supabase(cli: SupabaseCli, home: string, workdir: string, ...args: string[]): Promise<string> {
  const env = environmentAt(home);
  const { code, output } = await run(cli.program, ["--workdir", workdir, "--agent", "no", ...args], { env }).ended;
  if (code !== 0) throw new Error(`supabase ${args.join(" ")} ended with ${code}:\n${output}`);
  // A deprecated or unknown setting in config.toml is a warning of every command.
  expect(output).not.toMatch(/^warn/im);
  return output;
}
