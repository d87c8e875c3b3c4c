import { expect, it, vi } from "vitest";
import { type LastOrders, spawnGuarded } from "../../stack/deadman.ts";
import { isRunning, run } from "../harness/processes.ts";

/** Says when it is up, and what it is told to do; never ends by itself. */
const server = (onTerm: string) => `trap '${onTerm}' TERM; echo up; while :; do sleep 0.1; done`;

const options = (onTerm: string, patience_ms = 500) => ({
  command: "/bin/sh",
  args: ["-c", server(onTerm)],
  cwd: "/",
  env: { PATH: process.env.PATH },
  lastOrders: { gentle: "TERM", hard: "KILL", patience_ms } as LastOrders,
});

/** Starts a guarded server in a process of its own, and kills that process when the server is up. */
async function orphan(onTerm: string, patience_ms: number): Promise<number> {
  const program = `
    import { spawnGuarded } from ${JSON.stringify(new URL("../../stack/deadman.ts", import.meta.url).href)};
    const server = spawnGuarded(${JSON.stringify(options(onTerm, patience_ms))});
    server.stdout.once("data", () => console.log(\`up as \${server.pid}.\`));
  `;
  const starter = run("node", ["--input-type=module", "--eval", program]);
  const output = await starter.printed(/up as \d+\./);
  starter.process.kill("SIGKILL");
  await starter.ended;
  return Number(/up as (\d+)\./.exec(output)?.[1]);
}

it("end() asks the server to finish", async () => {
  const guarded = spawnGuarded(options("exit 7"));
  await new Promise((resolve) => guarded.stdout.once("data", resolve));
  await guarded.end();
  expect(await guarded.ended).toBe(7);
});

it("end() kills a server that does not finish in time", async () => {
  const guarded = spawnGuarded(options(""));
  await new Promise((resolve) => guarded.stdout.once("data", resolve));
  await guarded.end();
  expect(await guarded.ended).toBeNull();
});

it("end() of a server that has ended by itself does nothing", async () => {
  const guarded = spawnGuarded({ ...options(""), args: ["-c", "exit 3"] });
  guarded.stdout.resume();
  expect(await guarded.ended).toBe(3);
  await guarded.end();
});

it.each([
  ["finishes when it is asked to", "exit", 60_000],
  ["does not finish in time", "", 500],
])("a server that %s ends after its starter was killed", async (_, onTerm, patience_ms) => {
  const pid = await orphan(onTerm, patience_ms);
  await vi.waitFor(() => expect(isRunning(pid)).toBe(false), { timeout: 10_000 });
});
