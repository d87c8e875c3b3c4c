/** The functions' process, to be killed and started again. */
import type { Functions } from "../../stack/functions/functions.ts";
import { startWorkers, type WorkersOptions } from "../../stack/functions/worker-life.ts";

export class BreakableFunctions {
  readonly #options: WorkersOptions;
  #running: Functions | null = null;

  constructor(options: WorkersOptions) {
    this.#options = options;
  }

  get isRunning(): boolean {
    return this.#running !== null;
  }

  async start(): Promise<void> {
    this.#running = await startWorkers(this.#options);
  }

  /** The port of those who take a request that arrives now. */
  async takeRequest(): Promise<number> {
    if (!this.#running) throw new Error("The functions do not run.");
    return this.#running.takeRequest();
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    const running = this.#running;
    if (!running) return;
    this.#running = null;
    await running.kill();
  }

  async stop(): Promise<void> {
    await this.#running?.stop();
  }
}
