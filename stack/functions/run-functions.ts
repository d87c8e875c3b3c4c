/** Runs the functions of a project in the form that the options of its stack ask for. */
import type { StackOptions } from "../stack-options.ts";
import { namesOfOld, readAppSecrets } from "./app-environment.ts";
import { startAppFunctions } from "./app-functions.ts";
import type { Functions, FunctionsOptions } from "./functions.ts";
import { type ProjectFunctions, inOneProcess } from "./project-functions.ts";
import { startWatchedFunctions } from "./watched.ts";
import { startWorkers } from "./worker-life.ts";

export interface RunOptions extends Omit<FunctionsOptions, "env" | "deno"> {
  /** what a hosted project gives to each function */
  hosted: Record<string, string>;
  /** what the functions of this product get besides */
  byok: Record<string, string>;
  publishableKey: string;
  secretKey: string;
}

export interface RunningFunctions extends ProjectFunctions {
  /** Deno, where all functions share one process */
  server?: Functions;
}

export async function runFunctions(
  { app, watch, deno, workerLife: life }: Pick<StackOptions, "app" | "watch" | "deno" | "workerLife">,
  { hosted, byok, publishableKey, secretKey, ...options }: RunOptions,
): Promise<RunningFunctions> {
  if (app) {
    const secrets = readAppSecrets(options.supabaseDir, options.config);
    const appEnv = { ...secrets, ...hosted, ...namesOfOld({ publishableKey, secretKey }) };
    return startAppFunctions({ ...options, deno, appEnv, byokEnv: { ...appEnv, ...byok } });
  }
  const run = watch ? startWatchedFunctions : startWorkers;
  const server = await run({ ...options, deno, life, env: { ...hosted, ...byok } });
  const { find } = inOneProcess(options.config, () => server.takeRequest());
  return { find, server, ended: server.ended, stop: () => server.stop() };
}
