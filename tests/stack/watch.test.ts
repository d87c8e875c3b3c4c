/** What `npm run dev` adds: functions and page follow their sources. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Stack, startStack } from "../../stack/stack.ts";
import { watchFolders } from "../../stack/watch.ts";
import { makeProject, type Project } from "../harness/fixture.ts";
import { isRunning } from "../harness/processes.ts";

/** A function that answers its name and what it was sent. */
const source = (name: string) =>
  `export default { fetch: async (request) => new Response("${name} " + (await request.text())) };`;

let project: Project;
let stack: Stack | undefined;
let lines: string[];

beforeEach(() => {
  project = makeProject({ "functions/probe/index.ts": source("old") });
  lines = [];
});

afterEach(async () => {
  await stack?.stop();
  stack = undefined;
  project.remove();
});

async function start(options: { page?: boolean; watch?: boolean }): Promise<Stack> {
  const { supabaseDir, stateDir } = project;
  stack = await startStack({
    ...{ supabaseDir, stateDir, providers: "none" as const },
    log: (line) => lines.push(line),
    ...options,
  });
  return stack;
}

async function probe({ url }: Stack): Promise<string> {
  return await (await fetch(`${url}/functions/v1/probe`, { method: "POST", body: "hello" })).text();
}

test("functions restart when their source changes, without a moment at which none answers", async () => {
  const running = await start({ watch: true });
  expect(await probe(running)).toBe("old hello");
  const before = running.functions.pid;
  project.write("functions/probe/index.ts", source("new"));
  const answers = new Set<string>();
  await expect.poll(async () => answers.add(await probe(running)).has("new hello")).toBe(true);
  expect([...answers].sort()).toEqual(["new hello", "old hello"]);
  expect(running.functions.pid).not.toBe(before);
  await expect.poll(() => isRunning(before)).toBe(false);
});

test("a source that does not load is answered as on a hosted project, until it does", async () => {
  const running = await start({ watch: true });
  project.write("functions/probe/index.ts", "export default {");
  await expect.poll(() => probe(running)).toContain("BOOT_ERROR");
  project.write("functions/probe/index.ts", source("new"));
  await expect.poll(() => probe(running)).toBe("new hello");
});

test("a rebuilt page is served at once", async () => {
  const running = await start({ page: true, watch: true });
  writeFileSync(path.join(project.stateDir, "page", "added.txt"), "built later");
  expect(await (await fetch(`${running.url}/added.txt`)).text()).toBe("built later");
});

test("without watching, nothing is read again", async () => {
  const running = await start({ page: true });
  writeFileSync(path.join(project.stateDir, "page", "added.txt"), "built later");
  expect((await fetch(`${running.url}/added.txt`)).status).toBe(404);
  expect(running.functions.port).toBeGreaterThan(0);
});

test("watchFolders() follows each change once at a time, says what failed, and goes on", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "byok-watch-"));
  const calls: PromiseWithResolvers<void>[] = [];
  const onChange = () => {
    calls.push(Promise.withResolvers());
    return calls.at(-1)!.promise;
  };
  const watcher = watchFolders([folder], onChange, (line) => lines.push(line));
  try {
    writeFileSync(path.join(folder, "one.ts"), "1");
    await expect.poll(() => calls.length).toBe(1);
    writeFileSync(path.join(folder, "two.ts"), "2");
    calls[0]!.reject(new Error("one does not build"));
    await expect.poll(() => calls.length).toBe(2);
    expect(lines).toEqual(["one does not build"]);
    calls[1]!.resolve();
  } finally {
    await watcher.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
