import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import path from "node:path";
import { createClient, type Session } from "@supabase/supabase-js";
import postgres from "postgres";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { AlreadyRunningError } from "../../stack/lock.ts";
import { type Stack, type StackOptions, startStack } from "../../stack/stack.ts";
import { providerIds } from "../../stack/providers/index.ts";
import { makeProject, type Project } from "../harness/fixture.ts";

let project: Project;
let running: Stack[];
let lines: string[];

beforeEach(() => {
  project = makeProject();
  running = [];
  lines = [];
});

afterEach(async () => {
  await Promise.all(running.map((stack) => stack.stop()));
  project.remove();
});

async function start(options: Partial<StackOptions> = {}): Promise<Stack> {
  const stack = await startStack({
    ...project,
    providers: "none",
    log: (line) => lines.push(line),
    ...options,
  });
  running.push(stack);
  return stack;
}

async function probe(stack: Stack, attempt: string): Promise<any> {
  return (await fetch(`${stack.url}/functions/v1/probe/${attempt}`)).json();
}

const client = (stack: Stack, key: string) => createClient(stack.url, key, { auth: { persistSession: false } });

describe("a running stack", () => {
  let project: Project;
  let stack: Stack;
  const lines: string[] = [];
  beforeAll(async () => {
    project = makeProject();
    project.write("functions/broken/index.ts", 'throw new Error("broken by " + Deno.env.get("SUPABASE_SECRET_KEYS"));');
    const log = (line: string) => lines.push(line);
    stack = await startStack({ ...project, providers: "none", functionsEnv: { MORE: "yes" }, log });
  });
  afterAll(async () => {
    await stack?.stop();
    project.remove();
  });

  test("startStack() refuses a folder in use, says where that stack is, and leaves it alone", async () => {
    const second = await startStack({ ...project, providers: "none" }).catch((error: unknown) => error);
    expect(second).toBeInstanceOf(AlreadyRunningError);
    expect((second as AlreadyRunningError).url).toBe(stack.url);
    expect(await probe(stack, "home")).toEqual({ result: null });
  });

  test("startStack() keeps its secrets to the owner", async () => {
    expect(statSync(path.join(project.stateDir, "secrets.json")).mode & 0o777).toBe(0o600);
    const others = readdirSync(project.stateDir).filter((name) => statSync(path.join(project.stateDir, name)).isFile());
    const { masterKeys, secretKey } = JSON.parse(readFileSync(path.join(project.stateDir, "secrets.json"), "utf8"));
    for (const name of others.filter((file) => file !== "secrets.json")) {
      const text = readFileSync(path.join(project.stateDir, name), "latin1");
      expect(text).not.toContain(secretKey);
      expect(text).not.toContain(masterKeys);
    }
  });

  test("functions get what a hosted project gives them, the key ring, their own login, and nothing of this process", async () => {
    expect((await probe(stack, "env")).result).toEqual([
      "BYOK_DATABASE_URL",
      "BYOK_MASTER_KEYS",
      "MORE",
      "SB_EXECUTION_ID",
      "SB_REGION",
      "SUPABASE_DB_URL",
      "SUPABASE_JWKS",
      "SUPABASE_PUBLISHABLE_KEYS",
      "SUPABASE_SECRET_KEYS",
      "SUPABASE_URL",
    ]);
    expect(await probe(stack, "home")).toEqual({ result: null });
  });

  test("functions can do no more than they need", async () => {
    const stranger = createServer().listen(0, "127.0.0.1");
    let connections = 0;
    stranger.on("connection", () => connections++);
    await once(stranger, "listening");
    const { port } = stranger.address() as AddressInfo;
    const secrets = encodeURIComponent(path.join(project.stateDir, "secrets.json"));
    const code = encodeURIComponent(path.join(path.dirname(project.supabaseDir), "functions/probe/more.ts"));
    for (const attempt of [
      ...["net?url=https://example.com", `net?url=http://127.0.0.1:${port}`, `net?url=http://localhost:${port}`],
      ...[`connect?port=${port}`, "listen", "run", "ffi", "sys"],
      ...[`read?file=${secrets}`, "read?file=/etc/hostname", `write?file=${secrets}`, `write?file=${code}`],
    ]) {
      expect([attempt, await probe(stack, attempt)]).toEqual([attempt, { refused: "NotCapable" }]);
    }
    expect(await probe(stack, "fork")).toHaveProperty("refused");
    expect(await probe(stack, "escalate")).toEqual({ result: "denied" });
    expect(await probe(stack, `net?url=${stack.url}/auth/v1/.well-known/jwks.json`)).toEqual({ result: 200 });
    expect(connections).toBe(0);
    stranger.close();
  });

  test("functions that do not load, throw or exist are told apart, and logged without secrets", async () => {
    const call = async (slug: string) => {
      const answer = await fetch(`${stack.url}/functions/v1/${slug}`);
      return [answer.status, ((await answer.json()) as { code: string }).code];
    };
    expect(await call("broken")).toEqual([503, "BOOT_ERROR"]);
    expect(await call("probe/throw")).toEqual([500, "WORKER_ERROR"]);
    expect(await call("nonesuch")).toEqual([404, "NOT_FOUND"]);
    const said = /broken does not load: .*broken by \[hidden\].*probe: .*it was \[hidden\]/s;
    await expect.poll(() => lines.join("\n")).toMatch(said);
    expect(lines.join("\n")).not.toContain(stack.secretKey);
  });
});

describe("a stack that was stopped and started again", () => {
  const user = { email: "ada@example.com", password: "password-1" };
  const work = randomUUID();
  let project: Project;
  let first: Stack;
  let second: Stack;
  let session: Session;
  beforeAll(async () => {
    project = makeProject();
    const options = { ...project, providers: "none", log: () => undefined } as const;
    first = await startStack(options);
    session = (await client(first, first.publishableKey).auth.signUp(user)).data.session!;
    await probe(first, `later?work=${work}`);
    await first.stop();
    second = await startStack(options);
  });
  afterAll(async () => {
    await Promise.all([first?.stop(), second?.stop()]);
    project.remove();
  });

  test("keeps users, sessions and keys", async () => {
    expect(second.secretKey).toBe(first.secretKey);
    const again = client(second, second.publishableKey);
    expect((await again.auth.getUser(session.access_token)).data.user?.email).toBe(user.email);
    expect((await again.auth.refreshSession(session)).error).toBeNull();
    expect((await again.auth.signInWithPassword(user)).error).toBeNull();
  });

  test("has applied its migrations once, as postgres, and recorded them as the CLI does", async () => {
    const sql = postgres(second.dbUrl, { max: 1 });
    const rows = await sql`select name, statements, pg_get_userbyid(nspowner) as owner
      from supabase_migrations.schema_migrations, pg_namespace where nspname = 'app'`;
    await sql.end();
    expect(rows).toMatchObject([{ name: "first", owner: "postgres" }]);
    expect(rows[0]!.statements[0]).toBe(
      "-- Tables with row-level security and grants for some, as in any real schema.\ncreate schema app",
    );
    expect(rows[0]!.statements.at(-1)).toBe("-- The end; the CLI records this comment as a statement.");
  });

  test("had let its functions finish what they had handed to EdgeRuntime.waitUntil()", async () => {
    const { data } = await client(second, second.secretKey)
      .schema("app" as never)
      .from("finished")
      .select();
    expect(data).toEqual([{ work }]);
  });
});

test("a migration that was edited after it was applied is refused with the way out, which begins with no users and new keys", async () => {
  const first = await start();
  await client(first, first.secretKey).auth.admin.createUser({ email: "ada@example.com" });
  await first.stop();
  project.write("supabase/migrations/20260101000000_first.sql", "create schema other;");
  await expect(start()).rejects.toThrow(/20260101000000_first.sql differs .* npm start -- --reset/);
  const second = await start({ reset: true });
  expect(second.secretKey).not.toBe(first.secretKey);
  expect((await client(second, second.secretKey).auth.admin.listUsers()).data.users).toEqual([]);
});

test("startStack() runs beside another stack on another folder", async () => {
  const other = makeProject();
  try {
    const [one, two] = await Promise.all([start(), start({ ...other })]);
    expect(one.url).not.toBe(two.url);
    expect(await Promise.all([probe(one, "home"), probe(two, "home")])).toEqual([{ result: null }, { result: null }]);
    await two.stop();
  } finally {
    other.remove();
  }
});

test("startStack() takes free ports where the wanted ones are taken, if it may", async () => {
  const blockers = [createServer(), createServer()];
  const [apiPort, dbPort] = await Promise.all(
    blockers.map(async (blocker) => {
      await once(blocker.listen(0, "127.0.0.1"), "listening");
      return (blocker.address() as AddressInfo).port;
    }),
  );
  try {
    await expect(start({ apiPort: apiPort! })).rejects.toThrow("EADDRINUSE");
    await expect(start({ dbPort: dbPort! })).rejects.toThrow("Address already in use");
    const stack = await start({ apiPort: apiPort!, dbPort: dbPort!, otherPorts: true });
    expect(await probe(stack, "home")).toEqual({ result: null });
    const free = [Number(new URL(stack.url).port), Number(new URL(stack.dbUrl).port)];
    expect(free).not.toContain(apiPort);
    expect(free).not.toContain(dbPort);
  } finally {
    for (const blocker of blockers) blocker.close();
  }
});

test("startStack() leaves nothing running when a part of it fails", async () => {
  project.write("supabase/migrations/20260102000000_bad.sql", "create table app.half (); select nonsense;");
  await expect(start()).rejects.toThrow('20260102000000_bad.sql cannot be applied: column "nonsense" does not exist');
  expect(existsSync(path.join(project.stateDir, "database", "postmaster.pid"))).toBe(false);
  project.write("supabase/migrations/20260102000000_bad.sql", "create table app.half ();");
  await start();
});

test("failed tells that a server of the stack has ended unasked", async () => {
  const stack = await start();
  const pid = Number(readFileSync(path.join(stack.dataDir, "postmaster.pid"), "utf8").split("\n", 1)[0]);
  process.kill(pid, "SIGINT");
  expect(await stack.failed).toMatch(/^Postgres ended with code 0/);
});

test("the fakes of the providers are what the functions are pointed to", async () => {
  const stack = await start({ providers: "fakes" });
  const { result } = await probe(stack, "env");
  expect(result).toContain("BYOK_PLATFORM_KEYS");
  expect(result).toContain("BYOK_PROVIDER_ORIGINS");
  // One of OpenAI's regions has a fake of its own.
  expect(Object.keys(stack.fakes!.origins).sort()).toEqual([...providerIds, "openai/eu"].sort());
});
