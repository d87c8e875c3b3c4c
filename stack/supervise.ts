import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import type { Account } from "./account.ts";

/** How a server is ended when the process that started it is gone. */
export interface ShutdownSignals {
  /** asks the server to finish */
  gentle: "INT" | "TERM";
  /** ends it if it has not finished in time */
  hard: "QUIT" | "KILL";
  /** how long the server may take to finish; 10,000 when absent */
  patience_ms?: number;
}

export interface SupervisedOptions {
  command: string;
  args: string[];
  cwd: string;
  env: NodeJS.ProcessEnv;
  account?: Account | undefined;
  shutdownSignals: ShutdownSignals;
}

/**
 * The shell leaves a watcher behind and becomes the server, so the two exist together from the first instant.
 * File descriptor 3 is a pipe held open by the starting process alone: a line on it dismisses the watcher,
 * end of file means that the starting process has died in whatever way. In the watcher, $$ is still the
 * process id of the server. Containers often lack a process that collects the dead, so a server that has
 * ended may stay listed, as a zombie.
 */
const script = `
gentle=$1 hard=$2 patience_tenths=$3
shift 3
running() { kill -0 $$ && ! grep -q '^State:.Z' /proc/$$/status; }
(
  if read -r _ <&3; then exit; fi
  kill -s "$gentle" $$
  tenths=0
  while [ $tenths -lt "$patience_tenths" ] && running; do sleep 0.1; tenths=$((tenths + 1)); done
  if running; then kill -s "$hard" $$; fi
) >/dev/null 2>&1 </dev/null &
exec "$@" 3<&-
`;

export interface Supervised {
  pid: number;
  /** has to be read, as has stderr, or the server stands still when the pipe is full */
  stdout: Readable;
  stderr: Readable;
  /** resolves with the exit code, null after a signal, when the server has ended and all it printed has been read */
  ended: Promise<number | null>;
  /** Sends the signals now, and waits until the server has ended. */
  end(): Promise<void>;
  /** SIGKILL; resolves when the server is gone. */
  kill(): Promise<void>;
}

/**
 * Starts a server that cannot outlive this process, not even when this process is killed with SIGKILL. It
 * runs in a session of its own, so that Ctrl-C in the terminal reaches this process only, which then stops
 * its servers in order.
 *
 * @throws when no process can be started at all
 */
export function spawnSupervised({ command, args, cwd, env, account, shutdownSignals }: SupervisedOptions): Supervised {
  const { gentle, hard, patience_ms = 10_000 } = shutdownSignals;
  const signals = [gentle, hard, String(Math.ceil(patience_ms / 100))];
  const child = spawn("/bin/sh", ["-c", script, "sh", ...signals, command, ...args], {
    ...account,
    cwd,
    env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  const { pid, stdout, stderr } = child;
  const leash = child.stdio[3] as Writable | null;
  if (!pid || !stdout || !stderr || !leash) throw new Error(`no process can be started for ${command}`);
  leash.on("error", () => {});
  child.once("exit", () => leash.end("dismissed\n"));
  const ended = once(child, "close").then(([code]) => code as number | null);
  const end = async () => {
    const patience = setTimeout(() => child.kill(`SIG${hard}`), patience_ms);
    child.kill(`SIG${gentle}`);
    await ended;
    clearTimeout(patience);
  };
  const kill = async () => {
    child.kill("SIGKILL");
    await ended;
  };
  return { pid, stdout, stderr, ended, end, kill };
}
