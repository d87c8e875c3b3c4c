/** The switch that gives the functions' workers the life that they have on a hosted project. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { startGateway } from "../../stack/api/gateway.ts";
import { readConfig } from "../../stack/config.ts";
import { inOneProcess } from "../../stack/functions/project-functions.ts";
import { hostedLives, startWorkers, type WorkerLife } from "../../stack/functions/worker-life.ts";
import { startStack } from "../../stack/stack.ts";
import { makeProject, type Project } from "../harness/fixture.ts";
import { isRunning } from "../harness/processes.ts";

/** Says by what process it runs, uses what it is told to, and keeps a client waiting until it is released. */
const source = `
const kept = [];
const seen = { asked: false, isGone: false, isCancelled: false };
const released = Promise.withResolvers();
const text = new TextEncoder();
let write;

const attempts = {
  pid: () => {},
  burn: (ms) => { for (const end = performance.now() + ms; performance.now() < end;); },
  keep: (megabytes) => { kept.push(new Uint8Array(megabytes * 1024 * 1024).fill(1)); },
  release: () => released.resolve(),
  write: () => write(),
  seen: () => seen,
};

function stream(controls) {
  return new Response(new ReadableStream({ ...controls, cancel: () => { seen.isCancelled = true; } }));
}

export default {
  async fetch(request) {
    const [attempt, amount] = new URL(request.url).pathname.split("/").slice(2);
    request.signal.addEventListener("abort", () => { seen.isGone = true; });
    switch (attempt) {
      case "ticks": {
        let ticking;
        return new Response(new ReadableStream({
          start: (controller) => { ticking = setInterval(() => controller.enqueue(text.encode("tick")), 20); },
          cancel: () => clearInterval(ticking),
        }));
      }
      case "wait":
        seen.asked = true;
        await released.promise;
        return stream({ start: (controller) => controller.enqueue(text.encode("late")) });
      case "begin":
        return stream({ start: (controller) => {
          write = () => controller.enqueue(text.encode("more"));
          write();
        } });
    }
    return Response.json({ pid: Deno.pid, result: attempts[attempt](Number(amount)) });
  },
};
`;

const endless: WorkerLife = { wallClock_ms: 600_000, cpuTime_ms: 600_000, memory_bytes: 2 ** 40 };

let project: Project;
let url: string;
let stops: (() => Promise<void>)[];
let lines: string[];

beforeEach(() => {
  project = makeProject({ "functions/probe/index.ts": source });
  lines = [];
  stops = [];
});

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
  project.remove();
});

/** The gateway with the functions behind it, and no database. */
async function start(life?: Partial<WorkerLife>): Promise<void> {
  const { supabaseDir, stateDir } = project;
  const config = readConfig(supabaseDir);
  const gateway = await startGateway(0);
  stops.push(() => gateway.stop());
  const functions = await startWorkers({
    ...{ config, supabaseDir, stateDir, env: { SB_REGION: "local" }, allowHosts: [] },
    ...{ life: life && { ...endless, ...life }, log: (line) => lines.push(line) },
  });
  stops.push(() => functions.stop());
  const unasked = undefined as never;
  gateway.open({ tokens: unasked, dataApi: unasked, functions: inOneProcess(config, () => functions.takeRequest()) });
  url = gateway.url;
}

const call = (attempt: string, init?: RequestInit) => fetch(`${url}/functions/v1/probe/${attempt}`, init);

/** The process that answered; null where it ended instead. */
async function pidOf(attempt: string): Promise<number | null> {
  const answer = await call(attempt);
  const { pid } = await answer.json();
  return answer.ok ? pid : null;
}

async function seen(): Promise<Record<string, boolean>> {
  return (await (await call("seen")).json()).result;
}

test("a worker takes requests for half of its wall clock, and at its end is ended with those it has", async () => {
  await start({ wallClock_ms: 6_000 });
  const began = performance.now();
  const first = (await pidOf("pid"))!;
  const reader = (await call("ticks")).body!.getReader();
  await reader.read();
  await expect.poll(() => pidOf("pid")).not.toBe(first);
  expect(performance.now() - began).toBeGreaterThanOrEqual(3_000);
  expect(isRunning(first)).toBe(true);
  expect((await reader.read()).done).toBe(false);
  const toEnd = async () => {
    while (!(await reader.read()).done);
  };
  await expect(toEnd()).rejects.toThrow();
  expect(performance.now() - began).toBeGreaterThanOrEqual(6_000);
  expect(lines).toContain("A worker has ended: WallClockTime");
  expect(isRunning(first)).toBe(false);
});

test("a stack with the switch is served by one worker after the other", async () => {
  const { supabaseDir, stateDir } = project;
  const workerLife = { ...endless, wallClock_ms: 400 };
  const log = (line: string) => lines.push(line);
  const stack = await startStack({ supabaseDir, stateDir, providers: "none", workerLife, log });
  stops.push(() => stack.stop());
  url = stack.url;
  const pids = new Set<number>();
  await expect.poll(async () => pids.add((await pidOf("pid"))!).size).toBeGreaterThanOrEqual(3);
  expect(pids).not.toContain(null);
  await expect.poll(() => [...pids].slice(0, -1).some(isRunning)).toBe(false);
});

test("a worker ends when its requests have used up its CPU time together", async () => {
  await start({ cpuTime_ms: 400 });
  const first = await pidOf("burn/100");
  expect(first).not.toBeNull();
  await expect.poll(() => pidOf("burn/100"), { interval: 1 }).not.toBe(first);
  expect(lines).toContain("A worker has ended: CPUTime");
  expect(await pidOf("pid")).not.toBe(first);
});

test("a worker ends when it has more memory than it may, with the requests that it has", async () => {
  const { memory_bytes } = hostedLives.free;
  await start({ memory_bytes });
  const first = await pidOf("keep/1");
  const underway = (await call("ticks")).text();
  // Rejected while something else is waited for.
  underway.catch(() => undefined);
  expect(await pidOf("pid")).toBe(first);
  await call("keep/256");
  await expect(underway).rejects.toThrow();
  expect(lines).toContain("A worker has ended: Memory");
  expect(await pidOf("pid")).not.toBe(first);
});

test("a worker that ends by itself is followed by another", async () => {
  await start({});
  const first = (await pidOf("pid"))!;
  process.kill(first, "SIGKILL");
  await expect.poll(() => pidOf("pid").catch(() => null)).toEqual(expect.any(Number));
  expect(await pidOf("pid")).not.toBe(first);
});

test("a worker that does not start is answered for, and tried again", async () => {
  await start({ cpuTime_ms: 100 });
  project.write("deno.json", "{");
  await expect.poll(async () => (await call("burn/200")).status).toBe(503);
  expect(await (await call("pid")).json()).toMatchObject({ code: "BOOT_ERROR" });
  project.write("deno.json", "{}");
  expect(await pidOf("pid")).toEqual(expect.any(Number));
});

/** Each goes through the functions' server, which by then has heard that a connection was closed before. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await pidOf("pid");
}

async function leaveBeforeAnswer(): Promise<void> {
  const leaving = new AbortController();
  const waiting = call("wait", { signal: leaving.signal });
  await expect.poll(async () => (await seen()).asked).toBe(true);
  leaving.abort();
  await expect(waiting).rejects.toThrow();
}

test("a client that leaves before the answer begins is noticed when it is written", async () => {
  await start({});
  await leaveBeforeAnswer();
  await settle();
  expect(await seen()).toMatchObject({ isGone: false, isCancelled: false });
  await call("release");
  await expect.poll(seen).toMatchObject({ isGone: true, isCancelled: true });
});

test("a client that leaves in the middle of the answer is noticed at its next piece", async () => {
  await start({});
  const leaving = new AbortController();
  const answer = await call("begin", { signal: leaving.signal });
  await answer.body!.getReader().read();
  leaving.abort();
  await settle();
  expect(await seen()).toMatchObject({ isGone: false, isCancelled: false });
  await call("write");
  await expect.poll(seen).toMatchObject({ isGone: true, isCancelled: true });
});

test("without the switch a client that leaves is noticed at once", async () => {
  await start();
  await leaveBeforeAnswer();
  await expect.poll(seen).toMatchObject({ isGone: true, isCancelled: false });
});
