/** A stack for one test file alone: with settings of its own, or to be stopped or broken. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { inject } from "vitest";
import type { DenoRelease } from "../../stack/functions/deno-program.ts";
import { startStack, type StackOptions } from "../../stack/stack.ts";
import type { TestStack } from "./stack.ts";

export interface OwnStack extends TestStack {
  /** Runs the functions. */
  readonly deno: DenoRelease;
  /** The functions' output so far, line by line. */
  readonly printed: string[];
  /** The log of Postgres so far, in pieces. */
  readonly postgresLog: string[];
  /** The folder of the database's files. */
  readonly dataDir: string;
  /** The functions' own server, behind the gateway. */
  readonly functions: { readonly port: number; readonly pid: number };
  stop(): Promise<void>;
}

export async function startOwnStack(
  functionsEnv: Record<string, string> = {},
  options: Pick<StackOptions, "supabaseDir" | "database" | "deno"> = {},
): Promise<OwnStack> {
  const stateDir = mkdtempSync(path.join(tmpdir(), "byok-test-"));
  const printed: string[] = [];
  const postgresLog: string[] = [];
  try {
    const placed = { ...inject("runtime"), ...options };
    const stack = await startStack({
      ...placed,
      stateDir,
      functionsEnv,
      log: (line) => printed.push(line),
      postgresLog: (text) => postgresLog.push(text),
    });
    const { url, dbUrl, adminDbUrl, functionsDbUrl, publishableKey, secretKey, dataDir, functions, fakes } = stack;
    if (!fakes || !functions) throw new Error("The stack has no fakes of the providers, or no functions.");
    const { origins, platformKeys } = fakes;
    return {
      ...{ url, dbUrl, adminDbUrl, functionsDbUrl, publishableKey, secretKey, origins, platformKeys },
      ...{ printed, postgresLog, stateDir, dataDir, functions, deno: placed.deno ?? "newest" },
      async stop() {
        await stack.stop();
        rmSync(stateDir, { recursive: true, force: true });
      },
    };
  } catch (error) {
    rmSync(stateDir, { recursive: true, force: true });
    throw error;
  }
}
