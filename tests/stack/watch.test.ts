/** Extras of `npm run dev`: functions and page follow their sources. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Stack, startStack } from "../../stack/stack.ts";
import { watchFolders } from "../../stack/watch.ts";
import { makeProject, type Project } from "../harness/fixture.ts";
import { isRunning } from "../harness/processes.ts";

/** A function that answers its name and what it was sent. */
const source = (name: string) =>
  `export default { fetch: async (request) => new Response("${name} " + (await request.text())) };`;

async function probe({ url }: Stack): Promise<string> {
  return await (await fetch(`${url}/functions/v1/probe`, { method: "POST", body: "hello" })).text();
}

/** Starts a stack with a page for the tests of a block. */
function withStack(watch: boolean): { readonly project: Project; readonly stack: Stack } {
  const started = {} as { project: Project; stack: Stack };
  beforeAll(async () => {
    started.project = makeProject({ "functions/probe/index.ts": source("first") });
    const { supabaseDir, stateDir } = started.project;
    const options = { supabaseDir, stateDir, providers: "none", log: () => undefined } as const;
    started.stack = await startStack({ ...options, page: true, watch });
  });
  afterAll(async () => {
    await started.stack?.stop();
    started.project.remove();
  });
  return started;
}

describe("a stack that watches", () => {
  const started = withStack(true);

  test("restarts its functions when their source changes, without a moment at which none answers", async () => {
    const { project, stack } = started;
    project.write("functions/probe/index.ts", source("old"));
    await expect.poll(() => probe(stack)).toBe("old hello");
    const before = stack.functions!.pid;
    project.write("functions/probe/index.ts", source("new"));
    const answers = new Set<string>();
    await expect.poll(async () => answers.add(await probe(stack)).has("new hello")).toBe(true);
    expect([...answers].filter((answer) => !["new hello", "old hello"].includes(answer))).toEqual([]);
    expect(stack.functions!.pid).not.toBe(before);
    await expect.poll(() => isRunning(before)).toBe(false);
  });

  test("answers for a source that does not load as a hosted project does, until it does", async () => {
    const { project, stack } = started;
    project.write("functions/probe/index.ts", "export default {");
    await expect.poll(() => probe(stack)).toContain("BOOT_ERROR");
    project.write("functions/probe/index.ts", source("mended"));
    await expect.poll(() => probe(stack)).toBe("mended hello");
  });

  test("serves a rebuilt page at once", async () => {
    const { project, stack } = started;
    writeFileSync(path.join(project.stateDir, "page", "added.txt"), "built later");
    expect(await (await fetch(`${stack.url}/added.txt`)).text()).toBe("built later");
  });
});

describe("a stack that does not watch", () => {
  const started = withStack(false);

  test("reads nothing again", async () => {
    const { project, stack } = started;
    writeFileSync(path.join(project.stateDir, "page", "added.txt"), "built later");
    expect((await fetch(`${stack.url}/added.txt`)).status).toBe(404);
    expect(stack.functions!.port).toBeGreaterThan(0);
  });
});

test("watchFolders() follows each change once at a time, says what failed, and goes on", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "byok-watch-"));
  const lines: string[] = [];
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
