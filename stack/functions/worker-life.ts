/**
 * Ends the functions' workers as Supabase's Edge Runtime does: https://supabase.com/docs/guides/functions/limits, November 2026.
 * Its limits are a worker's, not a request's.
 */
import { readFileSync } from "node:fs";
import { type Functions, type FunctionsOptions, startFunctions } from "./functions.ts";

export interface WorkerLife {
  /** Runs from a worker's first request: after half of it the worker takes no more, at its end it is ended with those it has. */
  wallClock_ms: number;
  /** of the thread that runs JavaScript, over the worker's whole life; loading the functions does not count */
  cpuTime_ms: number;
  /** resident memory of its own, without the program's pages, which workers share on a hosted project */
  memory_bytes: number;
}

export interface WorkersOptions extends FunctionsOptions {
  /** none when absent: one process then serves until it is stopped */
  life?: WorkerLife | undefined;
}

const megabyte_bytes = 1024 * 1024;
/** The limits of a hosted worker, by plan. */
export const hostedLives = {
  free: { wallClock_ms: 150_000, cpuTime_ms: 2_000, memory_bytes: 256 * megabyte_bytes },
  paid: { wallClock_ms: 400_000, cpuTime_ms: 2_000, memory_bytes: 256 * megabyte_bytes },
} satisfies Record<string, WorkerLife>;

/** Why a worker ends, in Edge Runtime's words. */
type Reason = "WallClockTime" | "CPUTime" | "Memory";

/** How often a worker's usage is read, in ms. */
const sampling_ms = 25;
/** Linux counts CPU time in these for every program: sysconf(_SC_CLK_TCK). */
const tick_ms = 10;
const page_bytes = 4096;

/**
 * Runs the functions as startFunctions() does. With a life in the options they run in workers, of which one takes requests at a
 * time. When it takes no more, the next request starts another and waits for it.
 *
 * @throws when the first worker does not come up, or this machine does not tell what a process uses
 */
export async function startWorkers(options: WorkersOptions): Promise<Functions> {
  const { life } = options;
  if (!life) return startFunctions(options);
  const workers = new Set<Worker>();
  const stopped = Promise.withResolvers<null>();
  let latest: Worker;
  let taking: Promise<Worker> | null = null;
  const start = async (retire: () => void): Promise<Worker> => {
    const functions = await startFunctions({ ...options, hasLateSignal: true });
    const worker = new Worker(functions, life, retire, options.log);
    latest = worker;
    workers.add(worker);
    void functions.ended.then(() => {
      workers.delete(worker);
      worker.forget();
      retire();
    });
    return worker;
  };
  const worker = (): Promise<Worker> => {
    if (taking) return taking;
    const retire = () => {
      if (taking === starting) taking = null;
    };
    const starting = start(retire);
    starting.catch(retire);
    return (taking = starting);
  };
  const endAll = async (end: (functions: Functions) => Promise<void>) => {
    await taking?.catch(() => undefined);
    await Promise.all([...workers].map(({ functions }) => end(functions)));
    stopped.resolve(null);
  };
  await worker();
  return {
    get port() {
      return latest.functions.port;
    },
    get pid() {
      return latest.functions.pid;
    },
    ended: stopped.promise,
    takeRequest: async () => (await worker()).takeRequest(),
    kill: () => endAll((functions) => functions.kill()),
    stop: () => endAll((functions) => functions.stop()),
  };
}

class Worker {
  readonly functions: Functions;
  readonly #life: WorkerLife;
  readonly #retire: () => void;
  readonly #log: (line: string) => void;
  readonly #loaded: Usage;
  readonly #sampling: ReturnType<typeof setInterval>;
  #clocks: ReturnType<typeof setTimeout>[] | null = null;

  constructor(functions: Functions, life: WorkerLife, retire: () => void, log: (line: string) => void) {
    this.functions = functions;
    this.#life = life;
    this.#retire = retire;
    this.#log = log;
    this.#loaded = usageOf(functions.pid);
    this.#sampling = setInterval(() => this.#sample(), sampling_ms);
  }

  takeRequest(): Promise<number> {
    const { wallClock_ms } = this.#life;
    this.#clocks ??= [
      setTimeout(this.#retire, wallClock_ms / 2),
      setTimeout(() => this.#end("WallClockTime"), wallClock_ms),
    ];
    return this.functions.takeRequest();
  }

  /** Stops watching it. */
  forget(): void {
    clearInterval(this.#sampling);
    this.#clocks?.forEach(clearTimeout);
  }

  #sample(): void {
    let used: Usage;
    try {
      used = usageOf(this.functions.pid);
    } catch {
      // It has just ended, and is about to be forgotten.
      return;
    }
    if (used.memory_bytes > this.#life.memory_bytes) this.#end("Memory");
    else if (used.cpuTime_ms - this.#loaded.cpuTime_ms > this.#life.cpuTime_ms) this.#end("CPUTime");
  }

  #end(reason: Reason): void {
    this.forget();
    this.#retire();
    this.#log(`A worker has ended: ${reason}`);
    void this.functions.kill();
  }
}

interface Usage {
  cpuTime_ms: number;
  memory_bytes: number;
}

/**
 * A process's CPU time on its first thread, on which Deno runs JavaScript, and its resident pages without shared ones.
 * https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html, https://man7.org/linux/man-pages/man5/proc_pid_statm.5.html
 *
 * @throws when there is no such process, and on other systems than Linux
 */
function usageOf(pid: number): Usage {
  const stat = readFileSync(`/proc/${pid}/task/${pid}/stat`, "utf8");
  // The second field is the program's name in brackets, which may hold anything.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const field = (number: number) => Number(fields[number - 3]);
  const [, resident = 0, shared = 0] = readFileSync(`/proc/${pid}/statm`, "utf8").split(" ").map(Number);
  return { cpuTime_ms: (field(14) + field(15)) * tick_ms, memory_bytes: (resident - shared) * page_bytes };
}
