import { existsSync } from "node:fs";
import path from "node:path";
import { type FunctionConfig, readConfig, type StackConfig } from "../config.ts";
import { watchFolders, type Watcher } from "../watch.ts";
import { type Functions, type FunctionsOptions, startFunctions } from "./functions.ts";
import type { ProjectFunctions } from "./project-functions.ts";

export interface AppFunctionsOptions extends Pick<
  FunctionsOptions,
  "config" | "supabaseDir" | "stateDir" | "deno" | "log"
> {
  /** the environment of the app's functions */
  appEnv: Record<string, string>;
  /** the environment of the function of this product, which alone gets its settings and the fakes of the providers */
  byokEnv: Record<string, string>;
}

/**
 * Runs the functions of an app's project, each in a process of its own, as on a hosted project: one that does not load, or that ends
 * its process, takes down no other. A function starts with its first request, and again after a change below functions/. The one of
 * this product starts at once.
 */
export async function startAppFunctions(options: AppFunctionsOptions): Promise<ProjectFunctions> {
  const functions = new AppFunctions(options);
  await functions.startByok();
  return functions;
}

/** Whether a function is this product's: its folder then has the bundle. */
export function isByok(supabaseDir: string, { entrypoint }: Pick<FunctionConfig, "entrypoint">): boolean {
  return existsSync(path.resolve(supabaseDir, path.dirname(entrypoint), "byok.js"));
}

class AppFunctions implements ProjectFunctions {
  readonly ended: Promise<null>;
  readonly #options: AppFunctionsOptions;
  readonly #running = new Map<string, Promise<Functions>>();
  readonly #watcher: Watcher | undefined;
  readonly #stopped = Promise.withResolvers<null>();
  #config: StackConfig;

  constructor(options: AppFunctionsOptions) {
    this.#options = options;
    this.#config = options.config;
    this.ended = this.#stopped.promise;
    const folder = path.join(options.supabaseDir, "functions");
    if (existsSync(folder)) this.#watcher = watchFolders([folder], () => this.#restart(), options.log);
  }

  find(slug: string): ReturnType<ProjectFunctions["find"]> {
    const config = Object.hasOwn(this.#config.functions, slug) ? this.#config.functions[slug] : undefined;
    if (!config?.enabled) return undefined;
    const takeRequest = async () => (await this.#take(slug, config)).takeRequest();
    return { verify_jwt: config.verify_jwt, takeRequest };
  }

  async startByok(): Promise<void> {
    const own = Object.entries(this.#config.functions).filter(
      ([, config]) => config.enabled && isByok(this.#options.supabaseDir, config),
    );
    await Promise.all(own.map(([slug, config]) => this.#take(slug, config)));
  }

  async stop(): Promise<void> {
    await this.#watcher?.close();
    await this.#end();
    this.#stopped.resolve(null);
  }

  #take(slug: string, config: FunctionConfig): Promise<Functions> {
    const known = this.#running.get(slug);
    if (known) return known;
    const { appEnv, byokEnv, log, ...options } = this.#options;
    const ours = isByok(options.supabaseDir, config);
    const starting = startFunctions({
      ...options,
      config: { ...this.#config, functions: { [slug]: config } },
      env: ours ? byokEnv : appEnv,
      allowHosts: [],
      isOpen: true,
      log: (line) => log(`[${slug}] ${line}`),
    });
    this.#running.set(slug, starting);
    const forget = () => {
      if (this.#running.get(slug) === starting) this.#running.delete(slug);
    };
    starting.then(({ ended }) => ended.then(forget), forget);
    return starting;
  }

  async #restart(): Promise<void> {
    this.#config = readConfig(this.#options.supabaseDir);
    await this.#end();
    await this.startByok();
    this.#options.log("The functions have changed, and start again when they are asked.");
  }

  async #end(): Promise<void> {
    const running = [...this.#running.values()];
    this.#running.clear();
    await Promise.allSettled(running.map(async (functions) => (await functions).stop()));
  }
}
