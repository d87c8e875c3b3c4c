/** The Supabase CLI that a project uses. Versions 2 and 3 name the hosted project in different ways. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { upwards } from "./find-project.ts";

export interface SupabaseCli {
  /** As it is started: a path, or a name that the PATH has. */
  readonly program: string;
  /** Such as 3.1.0. */
  readonly version: string;
  readonly major: number;
}

/** The one that is installed beside the project, else the one on the PATH; undefined without either. */
export function findSupabaseCli(folder: string): SupabaseCli | undefined {
  for (const at of upwards(folder)) {
    const program = path.join(at, "node_modules/.bin", process.platform === "win32" ? "supabase.cmd" : "supabase");
    const manifest = path.join(at, "node_modules/supabase/package.json");
    if (existsSync(program) && existsSync(manifest)) {
      return describe(program, (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version);
    }
  }
  return describe("supabase", askVersion("supabase"));
}

function askVersion(program: string): string {
  try {
    return execFileSync(program, ["--version"], {
      cwd: tmpdir(),
      encoding: "utf8",
      timeout: 30_000,
      stdio: ["ignore", "pipe", "ignore"],
      shell: process.platform === "win32",
      env: { ...process.env, SUPABASE_TELEMETRY_DISABLED: "1", SUPABASE_NO_UPDATE_NOTIFIER: "1", DO_NOT_TRACK: "1" },
    });
  } catch {
    // It is not installed, or does not answer.
    return "";
  }
}

function describe(program: string, text: string): SupabaseCli | undefined {
  const [version, major] = /(\d+)\.\d+\.\d+/.exec(text) ?? [];
  return version && major ? { program, version, major: Number(major) } : undefined;
}
