import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Account, serverAccount, serverFolder } from "../account.ts";
import { spawnSupervised } from "../supervise.ts";
import { freePort } from "../ports.ts";
import { installedPackage, type PostgresRelease, postgresProgram } from "./postgres-program.ts";

/** The cluster's superuser; `postgres` is an ordinary role here, as it is on a hosted project. */
export const superuser = "supabase_admin";

/** The local database, as the Supabase CLI assumes it. The server listens on the loopback address only. */
export const password = "postgres";

export interface PostgresOptions {
  /** where the cluster lives, with symbolic links resolved; it is created when it is missing */
  stateDir: string;
  /** any free port when absent or 0 */
  port?: number | undefined;
  /**
   * false, the default, trades safety against a power failure for speed; a crash of any process loses
   * nothing either way
   */
  durable?: boolean | undefined;
  /** 17 when absent; a cluster stays with the release that made it */
  release?: PostgresRelease | undefined;
  /** gets what the server writes into its log, piece by piece */
  log?: ((text: string) => void) | undefined;
}

export interface Postgres {
  port: number;
  pid: number;
  /** the cluster's folder, outside the state folder where the server's account cannot enter that one */
  dataDir: string;
  /** resolves when the server has ended, with its exit code and the last it said */
  ended: Promise<{ code: number | null; log: string }>;
  stop(): Promise<void>;
}

/** Where a state folder keeps its cluster; delete the folder to remove it. */
export function dataFolder(stateDir: string): string {
  return path.join(serverFolder(stateDir, serverAccount()), "database");
}

/**
 * Starts the cluster of a state folder. A server left behind by a start that was killed is waited for first.
 *
 * @throws with the server's own words when it does not come up
 */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const account = serverAccount();
  const folder = serverFolder(options.stateDir, account);
  const release = options.release ?? 17;
  const native = postgresProgram(folder, account, installedPackage(release));
  const dataDir = path.join(folder, "database");
  await endLeftover(dataDir);
  if (!existsSync(dataDir)) await createCluster(native, dataDir, account, locales[release]);

  for (let attempt = 1; ; attempt++) {
    const port = options.port || (await freePort());
    try {
      return await launch({ native, dataDir, account, port, durable: options.durable ?? false, report: options.log });
    } catch (error) {
      const { message } = error as Error;
      // A free port can be taken between finding and using it; the memory of a killed server goes when its
      // last child has gone.
      const passing =
        message.includes("pre-existing shared memory") || (!options.port && message.includes("Address already in use"));
      if (!passing || attempt === 20) throw error;
      await delay(250);
    }
  }
}

/**
 * Ends the server that a killed start has left on this cluster, if there is one, and waits until it is gone.
 */
export async function endLeftover(dataDir: string): Promise<void> {
  const pidFile = path.join(dataDir, "postmaster.pid");
  if (!existsSync(pidFile)) return;
  const pid = Number(readFileSync(pidFile, "utf8").split("\n", 1)[0]);
  if (!serves(pid, dataDir)) {
    // After a reboot the number may belong to any process, and Postgres would refuse to start because of it.
    rmSync(pidFile, { force: true });
    return;
  }
  const started = performance.now();
  for (let signal: NodeJS.Signals = "SIGINT"; serves(pid, dataDir); await delay(50)) {
    if (performance.now() - started > 15_000) signal = "SIGQUIT";
    if (performance.now() - started > 30_000) throw new Error(`an earlier Postgres (process ${pid}) does not stop`);
    process.kill(pid, signal);
  }
}

/** Whether that process is a Postgres on that very cluster; a number from a file alone proves nothing. */
function serves(pid: number, dataDir: string): boolean {
  if (!Number.isInteger(pid) || pid <= 1) return false;
  try {
    if (process.platform === "linux") {
      const [program = "", ...args] = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
      return path.basename(program) === "postgres" && args[0] === "-D" && args[1] === dataDir;
    }
    const command = execFileSync("ps", ["-o", "command=", "-p", String(pid)], { encoding: "utf8" });
    return command.includes(`/bin/postgres -D ${dataDir} `) && !command.startsWith("/bin/sh");
  } catch {
    return false;
  }
}

/** Locales that no machine has to have: Postgres's own where it has one. */
const locales: Record<PostgresRelease, readonly string[]> = {
  17: ["--locale-provider=builtin", "--locale=C.UTF-8"],
  15: ["--locale=C"],
};

async function createCluster(
  native: string,
  dataDir: string,
  account: Account | undefined,
  locale: readonly string[],
): Promise<void> {
  const parent = path.dirname(dataDir);
  for (const name of readdirSync(parent)) {
    // One that a killed start has left; its initdb may be cleaning up at this moment.
    if (name.startsWith("database.new-")) rmSync(path.join(parent, name), { ...everything, maxRetries: 10 });
  }
  // initdb works in a folder of its own that is renamed at the end, so that no half cluster is ever used.
  const workshop = path.join(parent, `database.new-${randomUUID()}`);
  mkdirSync(workshop, { mode: 0o700 });
  const passwordFile = path.join(workshop, "password");
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (account) for (const made of [workshop, passwordFile]) chownSync(made, account.uid, account.gid);
  const unfinished = path.join(workshop, "cluster");
  await runInitdb(native, workshop, account, [
    `--pgdata=${unfinished}`,
    `--username=${superuser}`,
    `--pwfile=${passwordFile}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    ...locale,
    "--no-sync",
    "--no-instructions",
  ]);
  renameSync(unfinished, dataDir);
  rmSync(workshop, everything);
}

const everything = { recursive: true, force: true };

async function runInitdb(native: string, cwd: string, account: Account | undefined, args: string[]): Promise<void> {
  const command = path.join(native, "bin", "initdb");
  const shutdownSignals = { gentle: "TERM", hard: "KILL" } as const;
  const initdb = spawnSupervised({ command, args, cwd, env: serverEnvironment(), account, shutdownSignals });
  let complaints = "";
  initdb.stdout.resume();
  initdb.stderr.on("data", (chunk) => {
    complaints += chunk;
  });
  if ((await initdb.ended) !== 0) throw new Error(`initdb failed:\n${complaints}`);
}

/** Messages in English, because the one about readiness is read; no PG* variable of the user's. */
function serverEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, TZ: "UTC", LC_ALL: "C" };
}

interface Launch {
  native: string;
  dataDir: string;
  account: Account | undefined;
  port: number;
  durable: boolean;
  report: ((text: string) => void) | undefined;
}

async function launch({ native, dataDir, account, port, durable, report }: Launch): Promise<Postgres> {
  const settings = {
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    max_connections: "100",
    // Statements can hold what users typed; the log is for the server's own troubles.
    log_min_error_statement: "panic",
    // Not synchronous_commit: that one would lose commits already when a process is killed.
    ...(durable ? {} : { fsync: "off", full_page_writes: "off" }),
  };
  const server = spawnSupervised({
    command: path.join(native, "bin", "postgres"),
    args: [
      ...["-D", dataDir, "-p", String(port)],
      ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
    ],
    cwd: dataDir,
    env: serverEnvironment(),
    account,
    // A fast shutdown: open transactions are rolled back, everything committed is written out.
    shutdownSignals: { gentle: "INT", hard: "QUIT" },
  });
  let log = "";
  const ready = Promise.withResolvers<void>();
  server.stdout.resume();
  server.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    report?.(chunk);
    log = (log + chunk).slice(-8_000);
    if (log.includes("database system is ready to accept connections")) ready.resolve();
  });
  const ended = server.ended.then((code) => ({ code, log }));
  void ended.then(({ code }) => ready.reject(new Error(`Postgres ended with code ${code}:\n${log}`)));
  await ready.promise;
  return { port, pid: server.pid, dataDir, ended, stop: () => server.end() };
}
