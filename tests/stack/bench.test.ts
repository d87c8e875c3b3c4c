import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { expect, test, vi } from "vitest";
import { cpuWithChildren_ms } from "../../bench/processes.ts";
import { freePort } from "../../stack/ports.ts";
import { isRunning, run } from "../harness/processes.ts";

/** Starts a bench of one server, which is asked for `work`; says which process the server is, and which folder the bench has. */
async function startBench(work: string) {
  const source = (file: string) => JSON.stringify(new URL(`../../bench/${file}`, import.meta.url).href);
  const program = `
    import { once } from "node:events";
    import { connect } from "node:net";
    import { startServer } from ${source("processes.ts")};
    import { undoing } from ${source("stops.ts")};
    await undoing(async (stops) => {
      const folder = stops.folder("test");
      const port = ${await freePort()};
      const server = \`net.createServer(() => undefined).listen(\${port}, "127.0.0.1")\`;
      const { pid } = await startServer(process.execPath, ["--eval", server], port, stops);
      console.log(\`up as \${pid} in \${folder}.\`);
      ${work}
    });
  `;
  const bench = run("node", ["--input-type=module", "--eval", program]);
  const [, pid, folder = ""] = /up as (\d+) in (.*)\./.exec(await bench.printed(/up as .*\./)) ?? [];
  return { bench, pid: Number(pid), folder };
}

const untilTheServerEnds = `await once(connect(port, "127.0.0.1"), "close"); throw new Error("The server has ended.");`;

test.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const)("a bench that gets %s leaves no server and no folder", async (signal, code) => {
  const { bench, pid, folder } = await startBench(untilTheServerEnds);
  bench.process.kill(signal);
  expect(await bench.ended).toMatchObject({ code });
  expect(isRunning(pid)).toBe(false);
  expect(existsSync(folder)).toBe(false);
});

test("a bench that fails leaves no server and no folder, and says why", async () => {
  const { bench, pid, folder } = await startBench(`throw new Error("The second server does not start.");`);
  const { code, output } = await bench.ended;
  expect(code).toBe(1);
  expect(output).toContain("The second server does not start.");
  expect(isRunning(pid)).toBe(false);
  expect(existsSync(folder)).toBe(false);
});

test("a bench that is killed leaves no server", async () => {
  const { bench, pid } = await startBench(untilTheServerEnds);
  bench.process.kill("SIGKILL");
  await vi.waitFor(() => expect(isRunning(pid)).toBe(false), { timeout: 10_000 });
});

test.runIf(process.platform === "linux")(
  "the CPU time of a process and its children does not fall when a child ends",
  async () => {
    const busy = "i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done";
    const parent = spawn("/bin/sh", ["-c", `for child in 1 2 3; do (${busy}); done; read -r _`], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const seen_ms: number[] = [];
    await vi.waitFor(
      () => {
        seen_ms.push(cpuWithChildren_ms(parent.pid!));
        expect(seen_ms.at(-1)).toBeGreaterThan(0);
        expect(seen_ms.slice(-50)).toHaveLength(50);
        expect(seen_ms.at(-1)).toBe(seen_ms.at(-50));
      },
      { interval: 5, timeout: 20_000 },
    );
    parent.stdin.end();
    expect(seen_ms).toEqual(seen_ms.toSorted((a, b) => a - b));
  },
);
