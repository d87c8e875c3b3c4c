/** A transaction pooler before the stack's Postgres. Supabase's own, Supavisor, is not to be had here; this one keeps the same rules. */
import { chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { serverAccount } from "../../../stack/account.ts";
import { freePort } from "../../../stack/ports.ts";
import { spawnSupervised } from "../../../stack/supervise.ts";

export interface PgBouncer {
  /** The database's, by way of the pooler. */
  readonly url: string;
  stop(): Promise<unknown>;
}

/** Where Debian's package or another has put it, or nothing. */
export function findPgBouncer(): string | undefined {
  const folders = ["/usr/sbin", "/usr/local/sbin", ...(process.env.PATH ?? "").split(path.delimiter)];
  return folders.map((folder) => path.join(folder, "pgbouncer")).find((program) => existsSync(program));
}

/**
 * Starts it in transaction mode, with fewer connections to Postgres than an isolate opens to it.
 *
 * @param databaseUrl with user and password, which are the pooler's too
 */
export async function startPgBouncer(program: string, databaseUrl: string): Promise<PgBouncer> {
  const { username, password, hostname, port: databasePort, pathname } = new URL(databaseUrl);
  const folder = mkdtempSync(path.join(tmpdir(), "byok-pgbouncer-"));
  const port = await freePort();
  const users = path.join(folder, "users.txt");
  const settings = path.join(folder, "pgbouncer.ini");
  writeFileSync(users, `"${username}" "${decodeURIComponent(password)}"\n`, { mode: 0o600 });
  writeFileSync(
    settings,
    `[databases]
${pathname.slice(1)} = host=${hostname} port=${databasePort}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${users}
pool_mode = transaction
default_pool_size = 2
`,
  );
  // Like Postgres it refuses to run as root.
  const account = serverAccount();
  if (account) for (const file of [folder, users, settings]) chownSync(file, account.uid, account.gid);
  const pooler = spawnSupervised({
    command: program,
    args: [settings],
    cwd: folder,
    env: { PATH: process.env.PATH },
    account,
    shutdownSignals: { gentle: "INT", hard: "KILL" },
  });
  const ready = Promise.withResolvers<void>();
  let log = "";
  pooler.stdout.resume();
  pooler.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    log = (log + chunk).slice(-8_000);
    if (log.includes("process up")) ready.resolve();
  });
  void pooler.ended.then((code) => ready.reject(new Error(`pgbouncer ended with code ${code}:\n${log}`)));
  await ready.promise;
  const url = new URL(databaseUrl);
  url.port = String(port);
  return {
    url: url.href,
    async stop() {
      await pooler.end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
