import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { isRecord, parseJson } from "../../functions/_shared/json.ts";
import { projectDir, type StackConfig } from "../config.ts";
import { spawnSupervised } from "../supervise.ts";
import { denoProgram, type DenoRelease } from "./deno-program.ts";

/** A hosted function has 256 MB in all. V8 is told here as well, so that it collects in time, and ends the process past it. */
export const memoryLimits = "--v8-flags=--max-old-space-size=72,--max-semi-space-size=4";

export interface FunctionsOptions {
  config: StackConfig;
  supabaseDir: string;
  stateDir: string;
  /** the newest when absent */
  deno?: DenoRelease | undefined;
  /** the functions' whole environment */
  env: Record<string, string>;
  /** whether they may take all the memory there is, which no hosted function may */
  isUnlimited?: boolean;
  /** whether a client that leaves goes unnoticed until something is written to it, as on a hosted project */
  hasLateSignal?: boolean;
  /** hosts that functions may reach besides those that their environment names */
  allowHosts: string[];
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
  const importMap = configured.map(([, { import_map }]) => import_map).find((file) => file !== undefined);
  const denoConfig = importMap ? path.resolve(supabaseDir, importMap) : path.join(projectDir, "deno.json");
  const root = path.dirname(denoConfig);
  const code = entrypoints.map(([, file]) => path.relative(root, path.dirname(path.dirname(file))));
  // Not the whole project, because its state folder holds keys. The paths are relative because the list is
  // separated by commas, which the name of the project's own folder may hold.
  const readable = new Set([
    path.basename(denoConfig),
    "package.json",
    "node_modules",
    "catalogue",
    "protocol",
    ...code,
  ]);
  const edge = fileURLToPath(new URL("edge.ts", import.meta.url));

  const deno = spawnSupervised({
    command: denoProgram(release),
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      ...(options.isUnlimited ? [] : [memoryLimits]),
      "--no-check",
      "--no-lock",
      "--cached-only",
      `--config=${denoConfig}`,
      // No code but what npm has installed.
      "--no-remote",
      `--allow-net=${[...ownAddresses(env), ...options.allowHosts].join(",")}`,
      ...releaseFlags(release, env),
      `--allow-read=${[...readable].join(",")}`,
      edge,
      JSON.stringify(Object.fromEntries(entrypoints)),
      ...(options.hasLateSignal ? ["late-signal"] : []),
    ],
    cwd: root,
    env: { ...env, DENO_DIR: path.join(stateDir, "deno"), DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" },
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

function releaseFlags(release: DenoRelease, env: Record<string, string>): string[] {
  // The hosted release inherits the variables that are passed to it, and the shell's own.
  if (release === "hosted") return ["--allow-env"];
  return [
    // A request's signal tells that its client is gone, not that its answer is complete.
    "--unstable-no-legacy-abort",
    `--allow-env=${Object.keys(env).join(",")}`,
    // Libraries look for settings of their own; for them, and for everything else, the environment is empty.
    "--ignore-env",
  ];
}

/**
 * `host:port` of every address in the functions' environment: the project's API, its database, the providers where these are
 * elsewhere. Port 0 is for listening. Other servers of this machine are none of their business.
 */
function ownAddresses(env: Record<string, string>): string[] {
  // A setting that is malformed is for the functions to refuse.
  const origins = parseJson(env.BYOK_PROVIDER_ORIGINS ?? "");
  const endpoints = parseJson(env.BYOK_ENDPOINTS ?? "");
  const values = [
    ...Object.values(env),
    ...(isRecord(origins) ? Object.values(origins) : []),
    ...(Array.isArray(endpoints) ? endpoints.map((endpoint) => (isRecord(endpoint) ? endpoint.origin : "")) : []),
  ];
  const urls = values
    .flatMap((value) => URL.parse(String(value)) ?? [])
    .filter(({ protocol }) => protocol in defaultPorts);
  return [
    "127.0.0.1:0",
    ...urls.map(({ hostname, port, protocol }) => `${hostname}:${port || defaultPorts[protocol]}`),
  ];
}

const defaultPorts: Record<string, number> = { "http:": 80, "https:": 443, "postgresql:": 5432, "postgres:": 5432 };
