/** Postgres with durable settings and the Data API on it, to be killed and started again on the same files and port. */
import path from "node:path";
import { bootstrap } from "../../stack/postgres/bootstrap.ts";
import { defaultSupabaseDir, type StackConfig } from "../../stack/config.ts";
import { createLite } from "../../stack/api/lite.ts";
import { allowLogin, databaseUrl } from "../../stack/postgres/logins.ts";
import { migrate } from "../../stack/postgres/migrate.ts";
import { seed } from "../../stack/postgres/seed.ts";
import { type Postgres, password, startPostgres, superuser } from "../../stack/postgres/postgres.ts";
import type { Secrets } from "../../stack/secrets.ts";
import { childrenOf } from "../harness/processes.ts";
import { createDataApi, type DataApi } from "./data-api.ts";

export class BreakableDatabase {
  readonly #stateDir: string;
  #port = 0;
  #running: Postgres | null = null;
  /** Goes on while Postgres is down, and answers as PostgREST does then. */
  #dataApi: DataApi | null = null;

  /** @param stateDir with symbolic links resolved */
  constructor(stateDir: string) {
    this.#stateDir = stateDir;
  }

  get isRunning(): boolean {
    return this.#running !== null;
  }

  /** As the cluster's superuser. */
  get adminUrl(): string {
    return this.#urlAs(superuser);
  }

  /** Lets the functions log in; where they reach this database then. */
  async functionsUrl(): Promise<string> {
    const login = { role: "byok_functions", password: "of-the-functions" };
    await allowLogin(this.#urlAs("postgres"), login);
    return databaseUrl(this.#port, login);
  }

  /** Makes the schema in the cluster that `start` has made. */
  async fill(config: StackConfig, secrets: Secrets): Promise<void> {
    const lite = createLite({ dbUrl: this.adminUrl, config, secrets });
    await bootstrap(lite);
    await lite.close();
    await migrate(this.#urlAs("postgres"), path.join(defaultSupabaseDir, "migrations"));
    await seed(this.#urlAs("postgres"), defaultSupabaseDir, config.db.seed);
  }

  async start(): Promise<void> {
    const postgres = await startPostgres({
      stateDir: this.#stateDir,
      port: this.#port,
      durable: true,
    });
    this.#port = postgres.port;
    this.#running = postgres;
    this.#dataApi ??= createDataApi(this.adminUrl);
  }

  /** Answers what the functions ask of the Data API. */
  async answer(request: Request): Promise<Response> {
    if (!this.#dataApi) throw new Error("The database has not been started.");
    return await this.#dataApi.answer(request);
  }

  /** SIGKILL to the first process of Postgres alone, which the others miss sooner or later, or to all of them. */
  async kill(extent: "postmaster" | "all"): Promise<void> {
    const postgres = this.#running;
    if (!postgres) return;
    this.#running = null;
    // The first process last, or the others would begin to end in good order.
    if (extent === "all") for (const pid of childrenOf(postgres.pid)) killIfThere(pid);
    killIfThere(postgres.pid);
    await postgres.ended;
  }

  async stop(): Promise<void> {
    await this.#dataApi?.stop();
    await this.#running?.stop();
  }

  #urlAs(role: string): string {
    return databaseUrl(this.#port, { role, password });
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has already ended.
  }
}
