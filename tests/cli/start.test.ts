import { once } from "node:events";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createClient } from "@supabase/supabase-js";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { freePort } from "../../stack/ports.ts";
import { makeAppProject } from "../harness/projects/app.ts";
import { childrenOf, commandProgram, isRunning, type Program, run, runCommand } from "../harness/processes.ts";

let folder: string;
let programs: Program[];

beforeEach(() => {
  folder = realpathSync(mkdtempSync(path.join(tmpdir(), "byok-start-")));
  chmodSync(folder, 0o711);
  programs = [];
});

afterEach(async () => {
  for (const { process } of programs) process.kill("SIGKILL");
  await Promise.all(programs.map(({ ended }) => ended));
  await vi.waitFor(() => expect(serverPid()).toBeUndefined(), { timeout: 20_000 });
  rmSync(folder, { recursive: true, force: true });
});

const anyPorts = ["--api-port", "0", "--db-port", "0"];

function start(...args: string[]): Program {
  const program = runCommand("start", ["--state", folder, ...(args.includes("--api-port") ? [] : anyPorts), ...args]);
  programs.push(program);
  return program;
}

/** The process id of the Postgres that runs on the state folder. */
function serverPid(): number | undefined {
  try {
    const pid = Number(readFileSync(path.join(folder, "database", "postmaster.pid"), "utf8").split("\n", 1)[0]);
    return isRunning(pid) ? pid : undefined;
  } catch {
    return undefined;
  }
}

interface Shown {
  url: string;
  publishableKey: string;
  secretKey: string;
  password: string;
  curl: string;
}

async function ready(program: Program): Promise<Shown> {
  const output = await program.printed(/Ready after \d+ ms/);
  const find = (pattern: RegExp) => pattern.exec(output)?.[1] ?? "";
  return {
    url: find(/API +(http:\S+)/),
    publishableKey: find(/publishable key +(\S+)/),
    secretKey: find(/secret key +(\S+)/),
    password: find(/demo@example\.com, password (\S+),/),
    curl: find(/^(curl .*?'\{[^\n]*\}')$/ms),
  };
}

/** The demo user's credits, as the user sees them. */
async function balance({ url, publishableKey, password }: Shown): Promise<number> {
  const supabase = createClient(url, publishableKey, {
    auth: { persistSession: false, autoRefreshToken: false },
  });
  const { error } = await supabase.auth.signInWithPassword({ email: "demo@example.com", password });
  if (error) throw error;
  const { data } = await supabase
    .schema("byok" as never)
    .from("accounts")
    .select("available_microcredits")
    .single();
  return (data as unknown as { available_microcredits: number }).available_microcredits / 1e6;
}

test("npm start prints a curl command that works as printed, Ctrl-C ends it well, and the next start grants nothing", async () => {
  const first = start();
  const shown = await ready(first);
  expect(await balance(shown)).toBe(100);
  const { code, output } = await run("sh", ["-c", shown.curl]).ended;
  expect(code).toBe(0);
  expect(output).toContain("200 OK");
  expect(output).toContain('"object":"chat.completion"');
  await vi.waitFor(async () => expect(await balance(shown)).toBe(98), { timeout: 5_000 });
  first.process.kill("SIGINT");
  const end = await first.ended;
  expect(end.code).toBe(0);
  expect(end.output, "no access token and no envelope").not.toMatch(/eyJ|QllL/);
  expect(serverPid()).toBeUndefined();

  const again = await ready(start());
  expect(again.secretKey).toBe(shown.secretKey);
  expect(await balance(again)).toBe(98);
});

test("npm start serves the page where it says, is left alone by a second one, and ends with SIGTERM", async () => {
  const program = start();
  const shown = await ready(program);
  const address = /page +(http:\S+)/.exec(await program.printed(/Ready/))?.[1] ?? "";
  const page = await fetch(address);
  expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
  expect(await page.text()).toContain('<div id="root">');
  const { publishableKey } = shown;
  const demoUser = { email: "demo@example.com", password: expect.any(String) };
  expect(await (await fetch(new URL("config.json", address))).json()).toEqual({ publishableKey, demoUser });

  const second = await start().ended;
  expect(second.code).toBe(1);
  expect(second.output).toContain(`already running on ${folder}, at ${shown.url}`);
  expect(await balance(shown)).toBe(100);

  program.process.kill("SIGTERM");
  expect((await program.ended).code).toBe(0);
});

test("after kill -9 nothing is left running, and the next start works at once", async () => {
  const program = start();
  const shown = await ready(program);
  const pid = serverPid()!;
  program.process.kill("SIGKILL");
  const again = await ready(start());
  expect(isRunning(pid)).toBe(false);
  expect(again.secretKey).toBe(shown.secretKey);
  expect(await balance(again)).toBe(100);
});

test("after kill -9 of it, Postgres and Deno end too", async () => {
  const program = start();
  const { url } = await ready(program);
  const children = childrenOf(program.process.pid!);
  expect(children.length).toBeGreaterThanOrEqual(2);
  program.process.kill("SIGKILL");
  // Less than the ten seconds after which they are killed.
  await vi.waitFor(() => expect(children.filter(isRunning)).toEqual([]), { timeout: 8_000 });
  await expect(fetch(url)).rejects.toThrow();
});

test("npm start takes other ports when its own are taken, and says so", async () => {
  const blockers = [createServer().listen(0, "127.0.0.1"), createServer().listen(0, "127.0.0.1")];
  await Promise.all(blockers.map((blocker) => once(blocker, "listening")));
  const [api, db] = blockers.map((blocker) => (blocker.address() as AddressInfo).port);
  try {
    const program = start("--api-port", String(api), "--db-port", String(db));
    const { url } = await ready(program);
    program.process.kill("SIGINT");
    const { output } = await program.ended;
    expect(output).toContain(`Port ${api} is taken, so the API is on ${new URL(url).port} this time.`);
    expect(output).toContain(`Port ${db} is taken, so the database is on`);
  } finally {
    for (const blocker of blockers) blocker.close();
  }
});

test("kill -9 of the npm above ends the whole stack", async () => {
  const start = `node ${JSON.stringify(commandProgram)} start --state ${folder} ${anyPorts.join(" ")}`;
  writeFileSync(path.join(folder, "package.json"), JSON.stringify({ scripts: { start } }));
  const npm = run("npm", ["start"], { cwd: folder, env: { npm_config_update_notifier: "false" } });
  programs.push(npm);
  await ready(npm);
  const descendants = childrenOf(npm.process.pid!).flatMap(function below(pid): number[] {
    return [pid, ...childrenOf(pid).flatMap(below)];
  });
  expect(descendants.length).toBeGreaterThanOrEqual(3);
  npm.process.kill("SIGKILL");
  await vi.waitFor(() => expect(descendants.filter(isRunning)).toEqual([]), { timeout: 15_000 });
});

test("npm start runs an app's project on the ports of its config.toml, and leaves nothing for git to see", async () => {
  const project = await makeAppProject();
  try {
    const [api, db] = [await freePort(), await freePort()];
    const config = readFileSync(path.join(project.supabaseDir, "config.toml"), "utf8");
    const ports = config.replace("port = 54321", `port = ${api}`).replace("[db.migrations]", `[db]\nport = ${db}\n$&`);
    project.write("supabase/config.toml", ports);
    const git = (...args: string[]) => run("git", ["-C", project.folder, ...args]).ended;
    await git("init", "--quiet");
    await git("add", ".");
    const program = runCommand("start", ["--supabase-dir", project.supabaseDir]);
    programs.push(program);
    const output = await program.printed(/Ready after \d+ ms/);
    expect(output).toContain(`API              http://127.0.0.1:${api}\n`);
    expect(output).toContain(`127.0.0.1:${db}/postgres\n`);
    expect(output).toContain("functions        broken, byok, call, elsewhere, late, mapped, open, save, verify\n");
    expect(await (await fetch(`http://127.0.0.1:${api}/functions/v1/open`)).json()).toMatchObject({ value: null });
    expect((await fetch(`http://127.0.0.1:${api}/`)).status).toBe(404);
    program.process.kill("SIGINT");
    expect((await program.ended).code).toBe(0);
    expect(readdirSync(path.join(project.supabaseDir, ".temp/byok"))).toContain("secrets.json");
    expect((await git("status", "--porcelain")).output.split("\n").filter((line) => line.startsWith("??"))).toEqual([]);
  } finally {
    project.remove();
  }
});

test("npm start refuses a folder without a config.toml", async () => {
  const { code, output } = await run(process.execPath, [commandProgram, "start", "--supabase-dir", folder]).ended;
  expect(code).toBe(2);
  expect(output).toContain(`--supabase-dir names ${folder}, and there is no config.toml in it.`);
});

test("an option that does not exist is explained", async () => {
  const { code, output } = await start("--rest").ended;
  expect(code).toBe(2);
  expect(output).toContain("Usage: npm start");
});
