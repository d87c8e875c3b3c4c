/** One start of a function: a process of its own, measured until its first answer. */
import { once } from "node:events";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { spawn } from "node:child_process";
import { projectDir } from "../../stack/config.ts";
import { denoProgram, type DenoRelease } from "../../stack/functions/deno-program.ts";
import { freePort } from "../../stack/ports.ts";
import { threadsCpu_ms } from "../processes.ts";

export interface Start {
  readonly name: string;
  readonly file: string;
  readonly env: Readonly<Record<string, string>>;
  /** The first request: its path after the function's name, and what `fetch` takes. */
  readonly endpoint: string;
  readonly request: RequestInit;
  /** Absent: any will do. */
  readonly status?: number;
  readonly answers: Answer[];
}

/** From the start of the process to its first answer. */
export interface Answer {
  readonly time_ms: number;
  /** Of all threads, which says more than the time on a busy machine; NaN where it is not known. */
  readonly cpu_ms: number;
}

/** @throws Error when the process ends before it listens, or answers with another status */
export async function firstAnswer(
  { name, file, env, endpoint, request, status }: Start,
  { release, cacheDir }: { readonly release: DenoRelease; readonly cacheDir: string },
): Promise<Answer> {
  const port = await freePort();
  const started_ms = performance.now();
  const child = spawn(
    denoProgram(release),
    [
      ...["run", "--quiet", "--no-check", "--no-lock", "--cached-only", "--allow-all"],
      // Else it warns of what a function that reads request.signal does.
      ...(release === "newest" ? ["--unstable-no-legacy-abort"] : []),
      `--config=${path.join(projectDir, "deno.json")}`,
      path.join(import.meta.dirname, "server.ts"),
      String(port),
      pathToFileURL(file).href,
    ],
    {
      env: { ...env, DENO_DIR: cacheDir, DENO_NO_UPDATE_CHECK: "1" },
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const end = () => child.kill("SIGKILL");
  process.once("exit", end);
  try {
    await Promise.race([
      once(child.stdout, "data"),
      once(child, "exit").then(() => Promise.reject(new Error(`${name} ended before it listened.`))),
    ]);
    const answer = await fetch(`http://127.0.0.1:${port}/byok/${endpoint}`, { method: "POST", body: "{}", ...request });
    const text = await answer.text();
    if (status !== undefined && answer.status !== status) throw new Error(`${name}: ${answer.status} ${text}`);
    return { time_ms: performance.now() - started_ms, cpu_ms: threadsCpu_ms(child.pid!) };
  } finally {
    end();
    process.off("exit", end);
  }
}
