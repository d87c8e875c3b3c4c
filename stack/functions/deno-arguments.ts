/** How Deno is started for functions: which code they may load, and what they may reach. */
import { tmpdir } from "node:os";
import path from "node:path";
import { isRecord, parseJson } from "../../functions/_shared/json.ts";
import { projectDir, type StackConfig } from "../config.ts";
import type { DenoRelease } from "./deno-program.ts";

/** A hosted function has 256 MB in all. V8 is told here as well, so that it collects in time, and ends the process past it. */
export const memoryLimits = "--v8-flags=--max-old-space-size=72,--max-semi-space-size=4";

export interface CodeOptions {
  config: StackConfig;
  supabaseDir: string;
  /** the newest when absent */
  deno?: DenoRelease | undefined;
  /** the functions' whole environment */
  env: Record<string, string>;
  /** whether they may take all the memory there is, which no hosted function may */
  isUnlimited?: boolean;
  /** hosts that functions may reach besides those that their environment names */
  allowHosts: string[];
}

export interface DenoArguments {
  /** what stands before the program that Deno runs */
  args: string[];
  cwd: string;
  /** variables for Deno itself, beside those of the functions */
  env: Record<string, string>;
}

const common = ["run", "--quiet", "--no-prompt", "--no-check", "--no-lock"];

/**
 * For the product's own functions: no code but what npm has installed, and no server but those that their environment names.
 *
 * @param entrypoints absolute
 */
export function closedArguments(options: CodeOptions, entrypoints: readonly string[]): DenoArguments {
  const { config, supabaseDir, deno: release = "newest", env } = options;
  const importMap = Object.values(config.functions).find(
    ({ enabled, import_map }) => enabled && import_map,
  )?.import_map;
  const denoConfig = importMap ? path.resolve(supabaseDir, importMap) : path.join(projectDir, "deno.json");
  const cwd = path.dirname(denoConfig);
  const code = entrypoints.map((file) => path.relative(cwd, path.dirname(path.dirname(file))));
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
  const args = [
    ...common,
    ...(options.isUnlimited ? [] : [memoryLimits]),
    "--cached-only",
    `--config=${denoConfig}`,
    "--no-remote",
    `--allow-net=${[...ownAddresses(env), ...options.allowHosts].join(",")}`,
    ...closedEnvironment(release, env),
    `--allow-read=${[...readable].join(",")}`,
  ];
  return { args, cwd, env: {} };
}

function closedEnvironment(release: DenoRelease, env: Record<string, string>): string[] {
  // The hosted release inherits the variables that are passed to it, and the shell's own.
  if (release === "hosted") return ["--allow-env"];
  // Libraries look for settings of their own; for them, and for everything else, the environment is empty.
  return [...newestOnly(release), `--allow-env=${Object.keys(env).join(",")}`, "--ignore-env"];
}

/** A request's signal tells that its client is gone, not that its answer is complete. */
function newestOnly(release: DenoRelease): string[] {
  return release === "newest" ? ["--unstable-no-legacy-abort"] : [];
}

/**
 * For the functions of an app, which are its developer's own: they import from npm, JSR and addresses as on a hosted project, read the
 * project, and write temporary files.
 */
export function openArguments(options: CodeOptions): DenoArguments {
  const { config, supabaseDir, deno: release = "newest" } = options;
  const importMap = Object.values(config.functions).find(({ import_map }) => import_map)?.import_map;
  const args = [
    ...common,
    ...importMapOption(importMap && path.resolve(supabaseDir, importMap)),
    // A package.json of the app, in a folder above, is about other programs than these.
    "--node-modules-dir=none",
    ...newestOnly(release),
    ...["--allow-import", "--allow-net", "--allow-env", "--allow-sys", "--allow-read", `--allow-write=${tmpdir()}`],
  ];
  const passed = downloadSettings.flatMap((name) => (process.env[name] ? [[name, process.env[name]] as const] : []));
  return { args, cwd: supabaseDir, env: { DENO_NO_PACKAGE_JSON: "1", ...Object.fromEntries(passed) } };
}

/** Where packages come from, on machines that reach the internet in a way of their own. */
const downloadSettings = [
  ...["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"],
  ...["NPM_CONFIG_REGISTRY", "JSR_URL", "DENO_CERT", "DENO_TLS_CA_STORE", "SSL_CERT_FILE"],
];

function importMapOption(file: string | undefined): string[] {
  if (!file) return ["--no-config"];
  return /^deno\.jsonc?$/.test(path.basename(file)) ? [`--config=${file}`] : ["--no-config", `--import-map=${file}`];
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
