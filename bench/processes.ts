/** Processes under measurement: their start, CPU time and memory. The last two are known on Linux only. */
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "../stack/ports.ts";
import { spawnSupervised } from "../stack/supervise.ts";
import type { Stops } from "./stops.ts";

export interface Server {
  readonly port: number;
  readonly pid: number;
}

/**
 * Starts a server, which cannot outlive this process, and waits until its port can be connected to.
 *
 * @param options.isQuiet keeps what it complains of to itself
 */
export async function startServer(
  command: string,
  args: string[],
  port: number,
  stops: Stops,
  { env = {}, isQuiet = false }: { env?: Record<string, string>; isQuiet?: boolean } = {},
): Promise<Server> {
  const { pid, ended, kill, stdout, stderr } = spawnSupervised({
    ...{ command, args, cwd: process.cwd(), env: { ...process.env, ...env } },
    shutdownSignals: { gentle: "TERM", hard: "KILL", patience_ms: 1_000 },
  });
  stdout.resume();
  if (isQuiet) stderr.resume();
  else stderr.on("data", (chunk) => process.stderr.write(chunk));
  let hasEnded = false;
  void ended.then(() => (hasEnded = true));
  stops.push(kill);
  while (!(await isListening(port))) {
    if (hasEnded) throw new Error(`${command} ${args[0]} ended before it listened.`);
    await delay(20);
  }
  return { port, pid };
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  const answer = await Promise.race([
    once(socket, "connect").then(() => true),
    once(socket, "error").then(() => false),
  ]).catch(() => false);
  socket.destroy();
  return answer;
}

/** CPU time of a process so far, in ms; NaN where it is not known. */
export function cpu_ms(pid: number): number {
  return sumOf_ms(statOf(pid), ["utime", "stime"]);
}

/** CPU time so far of a process and of all children that it has or had, in ms; it never falls. NaN where it is not known. */
export function cpuWithChildren_ms(pid: number): number {
  const pids = process.platform === "linux" ? readdirSync("/proc").filter((name) => /^\d+$/.test(name)) : [];
  for (;;) {
    const ended_ms = endedChildrenCpu_ms(pid);
    const running = pids.map((name) => statOf(Number(name))).filter((stat) => Number(stat[1]) === pid);
    const running_ms = running.reduce((sum, stat) => sum + sumOf_ms(stat, ["utime", "stime"]), 0);
    // One that ended while the others were read would be missing, or stand in both sums.
    if (endedChildrenCpu_ms(pid) === ended_ms || Number.isNaN(ended_ms)) return cpu_ms(pid) + ended_ms + running_ms;
  }
}

/** CPU time of the children that have ended and that the process has waited for, and of theirs. */
function endedChildrenCpu_ms(pid: number): number {
  return sumOf_ms(statOf(pid), ["cutime", "cstime"]);
}

/** Places in `statOf()` of times: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
const places = { utime: 11, stime: 12, cutime: 13, cstime: 14 };

/** They are in clock ticks, of which there are 100 in a second on every Linux in use. */
function sumOf_ms(stat: readonly string[], times: readonly (keyof typeof places)[]): number {
  return times.reduce((sum, time) => sum + Number(stat[places[time]] ?? NaN) * 10, 0);
}

/** CPU time of a process's threads so far, in ms, to the microsecond: a start takes few ticks. NaN where it is not known. */
export function threadsCpu_ms(pid: number): number {
  const threads = process.platform === "linux" ? readdirSync(`/proc/${pid}/task`) : [];
  // proc_pid_schedstat: nanoseconds on a CPU, waiting for one, and turns.
  const times_ns = threads.map((thread) => Number.parseInt(readProc(pid, `task/${thread}/schedstat`)) || 0);
  return times_ns.reduce((sum, time_ns) => sum + time_ns, 0) / 1e6 || NaN;
}

/** The fields of /proc after a process's name: its state, its parent, ... (proc_pid_stat(5)). */
function statOf(pid: number): string[] {
  return readProc(pid, "stat").split(") ").at(-1)?.split(" ") ?? [];
}

/** Resident memory of a process in MB; NaN where it is not known. */
export function memory_mb(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readProc(pid, "status"))?.[1] ?? NaN) / 1024;
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}

/** The same server so many ms further away, for a round trip; returns the port where it seems to be. */
export async function startDelay(serverPort: number, delay_ms: number, stops: Stops): Promise<number> {
  const port = await freePort();
  const program = path.join(import.meta.dirname, "delay.ts");
  await startServer(process.execPath, [program, String(port), String(serverPort), String(delay_ms)], port, stops);
  return port;
}
