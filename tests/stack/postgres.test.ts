import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import postgres from "postgres";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { passes, serverAccount } from "../../stack/account.ts";
import { type Postgres, password, startPostgres, superuser } from "../../stack/postgres/postgres.ts";
import { installedPackage, postgresProgram } from "../../stack/postgres/postgres-program.ts";

/** Has a cluster, so that only the tests of its making wait for initdb. */
let made: string;
/** Empty. */
let folder: string;
let running: Postgres[];

function makeFolder(): string {
  const empty = realpathSync(mkdtempSync(path.join(tmpdir(), "byok, pg ")));
  chmodSync(empty, 0o711);
  return empty;
}

beforeAll(async () => {
  made = makeFolder();
  await (await startPostgres({ stateDir: made })).stop();
});

afterAll(() => rmSync(made, { recursive: true, force: true }));

beforeEach(() => {
  folder = makeFolder();
  running = [];
});

afterEach(async () => {
  await Promise.all(running.map((server) => server.stop()));
  rmSync(folder, { recursive: true, force: true });
});

async function start(options: Partial<Parameters<typeof startPostgres>[0]> = {}): Promise<Postgres> {
  const server = await startPostgres({ stateDir: made, ...options });
  running.push(server);
  return server;
}

async function query(server: Postgres, text: string): Promise<unknown> {
  const sql = postgres(`postgresql://${superuser}:${password}@127.0.0.1:${server.port}/postgres`, { max: 1 });
  try {
    const results = await sql.unsafe(text).simple();
    const row = results.flat().at(-1) as Record<string, unknown> | undefined;
    return row && Object.values(row)[0];
  } finally {
    await sql.end();
  }
}

test("startPostgres() keeps what was written over a restart", async () => {
  const first = await start();
  await query(first, "create table written as select 42 as answer");
  await first.stop();
  expect(await query(await start(), "select answer from written")).toBe(42);
});

test("stop() leaves nothing behind, not even what watches over the server", async () => {
  const server = await start();
  const processes = () => execFileSync("ps", ["-A", "-o", "args="], { encoding: "utf8" });
  expect(processes()).toContain(server.dataDir);
  await server.stop();
  await vi.waitFor(() => expect(processes()).not.toContain(server.dataDir), { timeout: 5_000 });
});

test("startPostgres() listens on the loopback address only and asks for the password", async () => {
  const server = await start();
  expect(await query(server, "show listen_addresses")).toBe("127.0.0.1");
  expect(readdirSync(server.dataDir)).not.toContain(`.s.PGSQL.${server.port}`);
  const stranger = postgres(`postgresql://${superuser}:wrong@127.0.0.1:${server.port}/postgres`, { max: 1 });
  await expect(stranger`select 1`).rejects.toThrow("password authentication failed");
});

test("startPostgres() flushes to disk when it is to be durable", async () => {
  const fast = await start();
  expect(await query(fast, "show fsync")).toBe("off");
  await fast.stop();
  const durable = await start({ durable: true });
  expect(await query(durable, "show fsync")).toBe("on");
  expect(await query(durable, "show synchronous_commit")).toBe("on");
  expect(await query(durable, "show full_page_writes")).toBe("on");
});

test("startPostgres() waits for an earlier server on the same cluster to be gone", async () => {
  const earlier = await start();
  const port = earlier.port;
  await query(earlier, "create table kept as select 42 as answer");
  const later = await start({ port });
  expect(later.pid).not.toBe(earlier.pid);
  expect((await earlier.ended).code).toBe(0);
  expect(await query(later, "select answer from kept")).toBe(42);
});

test("startPostgres() recovers from a postmaster.pid left by kill -9", async () => {
  const killed = await start();
  await query(killed, "create table recovered as select 42 as answer");
  process.kill(killed.pid, "SIGKILL");
  await killed.ended;
  expect(existsSync(path.join(killed.dataDir, "postmaster.pid"))).toBe(true);
  expect(await query(await start(), "select answer from recovered")).toBe(42);
});

test("startPostgres() leaves the process alone that has the number in an old postmaster.pid", async () => {
  const first = await start();
  const pidFile = path.join(first.dataDir, "postmaster.pid");
  const contents = readFileSync(pidFile, "utf8");
  await first.stop();
  const innocent = spawn("sleep", ["60"], { ...serverAccount(), cwd: "/" });
  try {
    writeFileSync(pidFile, contents.replace(/^\d+/, String(innocent.pid)));
    await start();
    expect(innocent.exitCode ?? innocent.signalCode).toBeNull();
  } finally {
    innocent.kill("SIGKILL");
    await once(innocent, "exit");
  }
});

test("startPostgres() starts over after an initdb that was killed half-way", async () => {
  mkdirSync(path.join(folder, "database.new-half", "cluster"), { recursive: true });
  await start({ stateDir: folder });
  expect(readdirSync(folder).filter((name) => name.startsWith("database"))).toEqual(["database"]);
});

test("startPostgres() says in the server's words why it does not start", async () => {
  const first = await start();
  await first.stop();
  const settings = path.join(first.dataDir, "postgresql.auto.conf");
  const before = readFileSync(settings);
  writeFileSync(settings, "no_such_setting = 1\n");
  try {
    await expect(start()).rejects.toThrow('unrecognized configuration parameter "no_such_setting"');
  } finally {
    writeFileSync(settings, before);
  }
});

test.runIf(process.getuid?.() === 0)(
  "startPostgres() works as root in a folder that nobody else can enter",
  async () => {
    const closed = path.join(folder, "closed");
    mkdirSync(path.join(closed, "state"), { recursive: true });
    chmodSync(closed, 0o700);
    const first = await start({ stateDir: path.join(closed, "state") });
    try {
      await query(first, "create table kept as select 42 as answer");
      expect(first.dataDir).toMatch(/^\/var\/lib\/supabase-byok\/[0-9a-f]{16}\/database$/);
      await first.stop();
      expect(await query(await start({ stateDir: path.join(closed, "state") }), "select answer from kept")).toBe(42);
    } finally {
      await Promise.all(running.splice(0).map((server) => server.stop()));
      rmSync(path.dirname(first.dataDir), { recursive: true });
    }
  },
);

/** A package as npm unpacks it when it runs no install scripts and nobody has used it yet. */
function bareInstallation(): string {
  const installed = path.join(folder, "package");
  cpSync(installedPackage(), installed, {
    recursive: true,
    filter: (file) => !lstatSync(file).isSymbolicLink(),
  });
  for (const file of ["pgtap.control", "pgtap--1.3.5.sql"]) {
    rmSync(path.join(installed, "native/share/postgresql/extension", file), { force: true });
  }
  chmodSync(path.join(installed, "native/bin/postgres"), 0o644);
  return installed;
}

function expectUsable(program: string): void {
  expect(passes(serverAccount(), '"$1/bin/postgres" -V >/dev/null', program)).toBe(true);
  expect(existsSync(path.join(program, "share/postgresql/extension/pgtap.control"))).toBe(true);
  expect(existsSync(path.join(program, "share/postgresql/extension/pgtap--1.3.5.sql"))).toBe(true);
}

test("postgresProgram() completes a package that was installed without install scripts", () => {
  const installed = bareInstallation();
  const program = postgresProgram(folder, serverAccount(), installed);
  expect(program).toBe(path.join(installed, "native"));
  expectUsable(program);
});

test("postgresProgram() uses a copy where the package cannot be completed or entered", () => {
  const installed = bareInstallation();
  // Root can change anything, but the account that runs the server cannot come in; others cannot change anything.
  if (serverAccount()) chmodSync(installed, 0o700);
  else execFileSync("chmod", ["-R", "a-w", installed]);
  try {
    const program = postgresProgram(folder, serverAccount(), installed);
    expect(path.dirname(program)).toBe(folder);
    expectUsable(program);
  } finally {
    execFileSync("chmod", ["-R", "u+w", installed]);
  }
});

test("the extension pgTAP can be created by a role that is no superuser", async () => {
  const server = await start();
  await query(server, "create role plain; grant create on database postgres to plain");
  await query(
    server,
    "set role plain; create schema taps; set search_path to taps; create extension pgtap with schema taps",
  );
  expect(await query(server, "set search_path to taps; select plan(1)")).toBe("1..1");
});
