import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

interface Process {
  parent: number;
  /** of the program, without its folder */
  name: string;
}

const interval_ms = 500;

/**
 * Calls back when the npm that runs this script is gone, which happens without a word to this process when
 * npm is killed with SIGKILL. Does nothing when the script was not started by npm.
 */
export function onParentExit(callback: () => void): void {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  // npm starts scripts through a shell, which most shells stay for and some replace with the script.
  const shell = lookUp(parent);
  const npm = shell && /^(ba|da|a|z|k)?sh$/.test(shell.name) ? shell.parent : undefined;
  const timer = setInterval(() => {
    const orphaned = process.ppid !== parent || (npm !== undefined && lookUp(parent)?.parent !== npm);
    if (!orphaned) return;
    clearInterval(timer);
    callback();
  }, interval_ms);
  timer.unref();
}

function lookUp(pid: number): Process | undefined {
  try {
    if (process.platform === "linux") {
      // "pid (name) state parent ...", where the name may hold spaces and brackets.
      const [, name = "", parent] = /^\d+ \((.*)\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, "utf8")) ?? [];
      return { parent: Number(parent), name };
    }
    const [, parent, command = ""] =
      /^\s*(\d+)\s+(.*)$/.exec(execFileSync("ps", ["-o", "ppid=,comm=", "-p", `${pid}`], { encoding: "utf8" })) ?? [];
    return { parent: Number(parent), name: command.replace(/^.*\//, "").replace(/^-/, "") };
  } catch {
    return undefined;
  }
}
