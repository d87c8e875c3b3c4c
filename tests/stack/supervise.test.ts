import { expect, test, vi } from "vitest";
import { type ShutdownSignals, spawnSupervised } from "../../stack/supervise.ts";
import { isRunning, run } from "../harness/processes.ts";

/** Says when it is up, and what it is told to do; never ends unasked. */
const server = (onTerm: string) => `trap '${onTerm}' TERM; echo up; while :; do sleep 0.1; done`;

const options = (onTerm: string, patience_ms = 500) => ({
  command: "/bin/sh",
  args: ["-c", server(onTerm)],
  cwd: "/",
  env: { PATH: process.env.PATH },
  shutdownSignals: { gentle: "TERM", hard: "KILL", patience_ms } as ShutdownSignals,
});

/** Starts a supervised server in a process of its own, and kills that process when the server is up. */
async function orphan(onTerm: string, patience_ms: number): Promise<number> {
  const program = `
    import { spawnSupervised } from ${JSON.stringify(new URL("../../stack/supervise.ts", import.meta.url).href)};
    const server = spawnSupervised(${JSON.stringify(options(onTerm, patience_ms))});
    server.stdout.once("data", () => console.log(\`up as \${server.pid}.\`));
  `;
  const starter = run("node", ["--input-type=module", "--eval", program]);
  const output = await starter.printed(/up as \d+\./);
  starter.process.kill("SIGKILL");
  await starter.ended;
  return Number(/up as (\d+)\./.exec(output)?.[1]);
}

test("end() asks the server to finish", async () => {
  const supervised = spawnSupervised(options("exit 7"));
  await new Promise((resolve) => supervised.stdout.once("data", resolve));
  await supervised.end();
  expect(await supervised.ended).toBe(7);
});

test("end() kills a server that does not finish in time", async () => {
  const supervised = spawnSupervised(options(""));
  await new Promise((resolve) => supervised.stdout.once("data", resolve));
  await supervised.end();
  expect(await supervised.ended).toBeNull();
});

test("end() of a server that has already ended does nothing", async () => {
  const supervised = spawnSupervised({ ...options(""), args: ["-c", "exit 3"] });
  supervised.stdout.resume();
  expect(await supervised.ended).toBe(3);
  await supervised.end();
});

test.each([
  ["finishes when it is asked to", "exit", 60_000],
  ["does not finish in time", "", 500],
])("a server that %s ends after its starter was killed", async (_, onTerm, patience_ms) => {
  const pid = await orphan(onTerm, patience_ms);
  await vi.waitFor(() => expect(isRunning(pid)).toBe(false), { timeout: 10_000 });
});
