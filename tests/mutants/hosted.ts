/** Rules of a hosted project, and means for the local stack and its tests to stand for one. */
import type { Guard } from "./mutants.ts";

export const hostedGuards: readonly Guard[] = [
  {
    name: "A worker takes no request after half of its wall clock",
    file: "stack/functions/worker-life.ts",
    guard: "setTimeout(this.#retire, wallClock_ms / 2),",
    instead: "",
    test: "tests/stack/worker-life.test.ts",
  },
  {
    name: "A worker ends with its wall clock",
    file: "stack/functions/worker-life.ts",
    guard: 'setTimeout(() => this.#end("WallClockTime"), wallClock_ms),',
    instead: "",
    test: "tests/stack/worker-life.test.ts",
  },
  {
    name: "A worker ends past its CPU time",
    file: "stack/functions/worker-life.ts",
    guard: "used.cpuTime_ms - this.#loaded.cpuTime_ms > this.#life.cpuTime_ms",
    instead: "false",
    test: "tests/stack/worker-life.test.ts",
  },
  {
    name: "A worker ends past its memory",
    file: "stack/functions/worker-life.ts",
    guard: "used.memory_bytes > this.#life.memory_bytes",
    instead: "false",
    test: "tests/stack/worker-life.test.ts",
  },
  {
    name: "A client that leaves goes unnoticed until something is written to it",
    file: "stack/functions/late-signal.ts",
    guard: 'Object.defineProperty(request, "signal", { value: late.signal });',
    instead: "",
    test: "tests/stack/worker-life.test.ts",
  },
  {
    name: "A client that has left is noticed when the head is written to it",
    file: "stack/functions/late-signal.ts",
    guard: "if (!connection.aborted) return new Response(body, answer);",
    instead: "return new Response(body, answer);",
    test: "tests/stack/worker-life.test.ts",
  },
  {
    name: "A bundle brings the globals that Deno 2.1 has in packages only",
    file: "cli/lib/bundle/modules.ts",
    guard: "inject: nodeGlobals, ",
    instead: "",
    test: "tests/e2e/bundle.test.ts",
  },
  {
    name: "A gateway's answer is told from one that the client does not know",
    file: "client/errors.ts",
    guard: "gatewayStatuses.includes(status)",
    instead: "false",
    test: "tests/unit/client.test.ts",
  },
];
