/** The things that a bench begins and must undo: servers, a worktree of git, folders. */
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** How long to wait for the start of something that a signal broke off, in ms. */
const patience_ms = 5_000;

export class Stops {
  #isOver = false;
  readonly #stops: (() => unknown)[] = [];
  readonly #folders: string[] = [];

  /** @throws Error once the bench is ending; what was begun is undone all the same */
  push(stop: () => unknown): void {
    this.#stops.push(stop);
    if (this.#isOver) throw new Error("The bench is ending.");
  }

  /** A temporary folder that is removed when all else is undone. */
  folder(name: string): string {
    const folder = realpathSync(mkdtempSync(path.join(tmpdir(), `byok-${name}-`)));
    this.#folders.push(folder);
    return folder;
  }

  /** Undoes all that was begun, the last of it first. One that fails does not keep the others from it. */
  async all(): Promise<void> {
    this.#isOver = true;
    for (let stop = this.#stops.pop(); stop; stop = this.#stops.pop()) {
      try {
        await stop();
      } catch (error) {
        console.error(error);
      }
    }
  }

  removeFolders(): void {
    for (const folder of this.#folders) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Undoes all that the work has begun, whether it is done, throws or is broken off by a signal. A signal ends this process. */
export async function undoing(work: (stops: Stops) => Promise<void>): Promise<void> {
  const stops = new Stops();
  const working = work(stops);
  const signalled = new Promise<NodeJS.Signals>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, resolve);
  });
  let signal: NodeJS.Signals | void;
  try {
    signal = await Promise.race([working, signalled]);
    // The work fails from now on, since its servers end.
    if (signal) process.on("uncaughtException", () => undefined);
  } finally {
    await stops.all();
    // Something may have been about to start.
    await Promise.race([working.catch(() => undefined), delay(patience_ms, undefined, { ref: false })]);
    await stops.all();
    stops.removeFolders();
  }
  if (signal) process.exit(128 + constants.signals[signal]);
}
