import path from "node:path";
import { createInterface } from "node:readline";
import { edgeProgram } from "../own-files.ts";
import { spawnSupervised } from "../supervise.ts";
import { closedArguments, type CodeOptions, openArguments } from "./deno-arguments.ts";
import { denoProgram } from "./deno-program.ts";

export interface FunctionsOptions extends CodeOptions {
  stateDir: string;
  /** whether they are an app's own, which may import and reach what they like */
  isOpen?: boolean;
  /** whether a client that leaves goes unnoticed until something is written to it, as on a hosted project */
  hasLateSignal?: boolean;
  /** gets what the functions print, line by line */
  log(line: string): void;
}

export interface Functions {
  /** of Deno, on the loopback address */
  port: number;
  /** of Deno */
  pid: number;
  /** resolves with the exit code when Deno has ended */
  ended: Promise<number | null>;
  /** The port of the process that takes a request which arrives now. */
  takeRequest(): Promise<number>;
  /** SIGKILL; resolves when Deno is gone. */
  kill(): Promise<void>;
  /** Lets work that functions handed to EdgeRuntime.waitUntil() come to its end, up to ten seconds. */
  stop(): Promise<void>;
}

/**
 * Runs the functions that config.toml names on Deno, all in one process, and waits until each is loaded or
 * has failed to.
 *
 * @throws when Deno itself does not come up
 */
export async function startFunctions(options: FunctionsOptions): Promise<Functions> {
  const { config, supabaseDir, stateDir, deno: release = "newest", env, log } = options;
  const configured = Object.entries(config.functions).filter(([, { enabled }]) => enabled);
  const entrypoints = configured.map(
    ([slug, { entrypoint }]) => [slug, path.resolve(supabaseDir, entrypoint)] as const,
  );
  const files = entrypoints.map(([, file]) => file);
  const started = options.isOpen ? openArguments(options) : closedArguments(options, files);

  const deno = spawnSupervised({
    command: denoProgram(release),
    args: [
      ...started.args,
      edgeProgram,
      JSON.stringify(Object.fromEntries(entrypoints)),
      ...(options.hasLateSignal ? ["late-signal"] : []),
    ],
    cwd: started.cwd,
    env: { ...started.env, ...env, DENO_DIR: path.join(stateDir, "deno"), DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" },
    shutdownSignals: { gentle: "TERM", hard: "KILL" },
  });
  const ready = Promise.withResolvers<number>();
  createInterface({ input: deno.stdout }).on("line", (line) => {
    const port = /^edge: listening on (\d+)$/.exec(line)?.[1];
    if (port) ready.resolve(Number(port));
    else log(line);
  });
  createInterface({ input: deno.stderr }).on("line", log);
  void deno.ended.then((code) =>
    ready.reject(new Error(`Deno ended with code ${code} before it could run the functions`)),
  );

  const port = await ready.promise;
  return {
    ...{ port, pid: deno.pid, ended: deno.ended },
    takeRequest: async () => port,
    kill: () => deno.kill(),
    stop: () => deno.end(),
  };
}
