/** The functions' process, to be killed and started again. */
import { execFileSync } from "node:child_process";
import { type Functions, type FunctionsOptions, startFunctions } from "../../local/functions.ts";

export class BreakableFunctions {
  readonly #options: FunctionsOptions;
  #running: { functions: Functions; pid: number } | null = null;

  constructor(options: FunctionsOptions) {
    this.#options = options;
  }

  get isRunning(): boolean {
    return this.#running !== null;
  }

  /** @returns the port, which is another one each time */
  async start(): Promise<number> {
    const functions = await startFunctions(this.#options);
    this.#running = { functions, pid: functionsProcess() };
    return functions.port;
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    const running = this.#running;
    if (!running) return;
    this.#running = null;
    process.kill(running.pid, "SIGKILL");
    await running.functions.ended;
  }

  async stop(): Promise<void> {
    await this.#running?.functions.stop();
  }
}

/** The child of this process that runs local/edge.ts. */
function functionsProcess(): number {
  const list = execFileSync("ps", ["-A", "-ww", "-o", "pid=,ppid=,args="], { encoding: "utf8" });
  for (const line of list.split("\n")) {
    const [, pid, parent, command = ""] = /^ *(\d+) +(\d+) (.*)$/.exec(line) ?? [];
    if (Number(parent) === process.pid && command.includes("edge.ts")) return Number(pid);
  }
  throw new Error("The functions' process is not among the children of this one.");
}
