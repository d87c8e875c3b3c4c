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
    const others = edgeProcesses();
    const functions = await startFunctions(this.#options);
    const pid = edgeProcesses().find((each) => !others.includes(each));
    if (pid === undefined) throw new Error("The functions' process is not among the children of this one.");
    this.#running = { functions, pid };
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

/** The children of this process that run local/edge.ts, one for each stack. */
function edgeProcesses(): number[] {
  const list = execFileSync("ps", ["-A", "-ww", "-o", "pid=,ppid=,args="], {
    encoding: "utf8",
  });
  return list.split("\n").flatMap((line) => {
    const [, pid, parent, command = ""] = /^ *(\d+) +(\d+) (.*)$/.exec(line) ?? [];
    return Number(parent) === process.pid && command.includes("edge.ts") ? [Number(pid)] : [];
  });
}
