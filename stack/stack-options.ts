import type { DenoRelease } from "./functions/deno-program.ts";
import type { WorkerLife } from "./functions/worker-life.ts";
import type { PostgresRelease } from "./postgres/postgres-program.ts";
import type { ProviderMode } from "./providers/settings.ts";

export interface StackOptions {
  /** where data and keys live; created when missing. One stack at a time can run on it */
  stateDir: string;
  /** any free port when absent or 0 */
  apiPort?: number;
  /** any free port when absent or 0 */
  dbPort?: number;
  /** take a free port where a named one is taken, instead of failing */
  otherPorts?: boolean;
  /** delete all data first, and invent new keys */
  reset?: boolean;
  /** the folder with config.toml and migrations/; the repository's when absent */
  supabaseDir?: string;
  /**
   * the folder belongs to an app, which has more functions than this product's: they import and reach what they like, and each runs in
   * a process of its own. Off by default; needs neither `watch` nor `workerLife`, which are for the product's functions
   */
  app?: boolean;
  /**
   * "fakes" (the default) starts stack/providers, "real" lets functions reach the real ones, "none" does neither
   */
  providers?: ProviderMode;
  /** how the functions reach the database: "direct" (the default) by a connection of their own, or by the "data-api" */
  database?: "direct" | "data-api";
  /** which Deno runs the functions: the "newest" (the default), or the "hosted" release */
  deno?: DenoRelease;
  /** end the functions' workers as a hosted project does; without it one process serves as long as the stack runs. Linux only */
  workerLife?: WorkerLife;
  /** more variables for the functions, or others than the stack would give them */
  functionsEnv?: Record<string, string>;
  /** build the settings page and serve it at `/`; off by default */
  page?: boolean;
  /** the page offers to sign in as this user, whose password is `demoPassword` */
  demoEmail?: string;
  /** restart the functions and rebuild the page when their sources change; off by default */
  watch?: boolean;
  /** write-ahead log flushed to disk at each commit, as in production; off by default */
  durable?: boolean;
  /** the release of Postgres; 17 when absent */
  postgres?: PostgresRelease;
  /** gets what the functions print; standard error when absent */
  log?(line: string): void;
  /** gets what Postgres writes into its log, piece by piece; nobody when absent */
  postgresLog?: ((text: string) => void) | undefined;
}
