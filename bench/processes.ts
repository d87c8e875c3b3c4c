/** Processes under measurement: their start, CPU time and memory. The last two are known on Linux only. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "../stack/ports.ts";

/** Starts a server and waits until its port can be connected to. */
export async function startServer(
  command: string,
  args: string[],
  port: number,
  env = {},
): Promise<ChildProcess & { pid: number }> {
  const child = spawn(command, args, { stdio: ["ignore", "ignore", "inherit"], env: { ...process.env, ...env } });
  while (!(await isListening(port))) {
    if (child.exitCode !== null) throw new Error(`${command} ${args[0]} ended before it listened.`);
    await delay(20);
  }
  return child as ChildProcess & { pid: number };
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
  const fields = statOf(pid);
  // Clock ticks, of which there are 100 in a second on every Linux in use.
  return (Number(fields[11] ?? NaN) + Number(fields[12] ?? NaN)) * 10;
}

/** CPU time so far of a process and the children that it has now, in ms; NaN where it is not known. */
export function cpuWithChildren_ms(pid: number): number {
  const pids = process.platform === "linux" ? readdirSync("/proc").filter((name) => /^\d+$/.test(name)) : [];
  const children = pids.map(Number).filter((child) => Number(statOf(child)[1]) === pid);
  return [pid, ...children].reduce((sum, each) => sum + (cpu_ms(each) || 0), 0) || NaN;
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
export async function startDelay(serverPort: number, delay_ms: number, stops: (() => unknown)[]): Promise<number> {
  const port = await freePort();
  const program = path.join(import.meta.dirname, "delay.ts");
  const child = await startServer(
    process.execPath,
    [program, String(port), String(serverPort), String(delay_ms)],
    port,
  );
  stops.push(() => child.kill("SIGKILL"));
  return port;
}
