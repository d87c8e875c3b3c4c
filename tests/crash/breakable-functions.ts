/** The functions' process, to be killed and started again. */
import { type Functions, type FunctionsOptions, startFunctions } from "../../stack/functions/functions.ts";

export class BreakableFunctions {
  readonly #options: FunctionsOptions;
  #running: Functions | null = null;

  constructor(options: FunctionsOptions) {
    this.#options = options;
  }

  get isRunning(): boolean {
    return this.#running !== null;
  }

  /** @returns the port, which is another one each time */
  async start(): Promise<number> {
    this.#running = await startFunctions(this.#options);
    return this.#running.port;
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    const running = this.#running;
    if (!running) return;
    this.#running = null;
    process.kill(running.pid, "SIGKILL");
    await running.ended;
  }

  async stop(): Promise<void> {
    await this.#running?.stop();
  }
}
