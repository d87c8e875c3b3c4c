/** Programs as a user starts them, for tests of what happens when they are stopped or killed. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import path from "node:path";
import { projectDir } from "../../stack/config.ts";

export interface Program {
  process: ChildProcess;
  /**
   * Resolves with all that was printed so far when the pattern occurs in it; rejects when the program ends before.
   */
  printed(pattern: RegExp): Promise<string>;
  /** The exit code, null after a signal, and all that was printed. */
  ended: Promise<{ code: number | null; output: string }>;
}

/** Programs of the repository are found before the machine's, as in an npm script. */
export const repositoryPath = [path.join(projectDir, "node_modules", ".bin"), process.env.PATH].join(path.delimiter);

export function run(command: string, args: string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}): Program {
  // npm's marks of the test run itself would make the program watch for the wrong npm.
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("npm_")));
  const child = spawn(command, args, {
    cwd: options.cwd ?? projectDir,
    env: { ...inherited, PATH: repositoryPath, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      output += chunk;
      for (const look of waiting) look();
    });
  }
  const ended = once(child, "close").then(([code]) => ({ code: code as number | null, output }));
  const printed = (pattern: RegExp) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        if (!pattern.test(output)) return;
        waiting.delete(look);
        resolve(output);
      };
      waiting.add(look);
      look();
      void ended.then(() => reject(new Error(`the program ended before it printed ${pattern}:\n${output}`)));
    });
  return { process: child, printed, ended };
}

/** The code that package.json's scripts run. */
export const commandProgram = path.join(projectDir, "cli/main.ts");

/** Runs a command as the script of its name does. */
export function runCommand(name: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Program {
  return run("node", [commandProgram, ...name.split(" "), ...args], { env });
}

/** Whether a process runs; one that has ended and that nobody has collected yet does not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    return !/^\d+ \(.*\) [ZX] /s.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return process.platform !== "linux";
  }
}

export function childrenOf(pid: number): number[] {
  const list = execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" });
  return list.split("\n").flatMap((line) => {
    const [child, parent] = line.trim().split(/\s+/).map(Number);
    return parent === pid && child !== undefined ? [child] : [];
  });
}
