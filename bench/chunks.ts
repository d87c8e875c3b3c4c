/**
 * `npm run bench:chunks [-- --rounds n]`: the CPU time of a streamed chunk, handed on, passed through JavaScript, and as a call on
 * credits passes it on; on each Deno that is installed, in turn.
 */
import path from "node:path";
import { parseArgs } from "node:util";
import { type DenoRelease, denoProgram, hasDeno } from "../stack/functions/deno-program.ts";
import { freePort } from "../stack/ports.ts";
import { load, type Target } from "./load.ts";
import { cpu_ms, type Server, startServer } from "./processes.ts";
import { quantile } from "./statistics.ts";
import { type Stops, undoing } from "./stops.ts";

const { values: options } = parseArgs({ options: { rounds: { type: "string", default: "5" } } });
const here = import.meta.dirname;
const ways = ["handed on", "in JavaScript", "on credits"];
const events = 200;
const streamsAtOnce = 16;
/** The request to the provider, and how many such streams each of the connections reads in a round. */
const rows = [
  { name: "as fast as can be", question: `stream ${events} 0`, streamsEach: 10 },
  { name: "5 ms apart", question: `stream ${events} 5`, streamsEach: 2 },
];

async function serve(stops: Stops, release: DenoRelease, program: string, ...args: string[]): Promise<Server> {
  const port = await freePort();
  const flags = [
    "run",
    "--quiet",
    "--no-check",
    "--no-lock",
    "--allow-net",
    `--config=${path.join(here, "../deno.json")}`,
  ];
  return await startServer(
    denoProgram(release),
    [...flags, path.join(here, program), String(port), ...args],
    port,
    stops,
  );
}

await undoing(async (stops) => {
  const provider = await serve(stops, "newest", "provider.ts");
  for (const release of (["newest", "hosted"] as const).filter(hasDeno)) {
    const proxies = [];
    for (const way of ways) {
      const proxy = await serve(stops, release, "chunks/proxy.ts", `http://127.0.0.1:${provider.port}`, way);
      proxies.push({ way, ...proxy });
    }
    for (const { name, question, streamsEach } of rows) {
      const cost_us = new Map<string, number[]>(ways.map((way) => [way, []]));
      // The first round is without a clock, so that everything has been compiled.
      for (let round = 0; round <= Number(options.rounds); round++) {
        for (const { way, port, pid } of proxies) {
          const target: Target = { port, path: "/v1/chat/completions", headers: () => ({}) };
          const before_ms = cpu_ms(pid);
          const { length } = await load(target, question, {
            inFlight: streamsAtOnce,
            requests: streamsAtOnce * streamsEach,
          });
          if (round > 0) cost_us.get(way)!.push(((cpu_ms(pid) - before_ms) * 1000) / (length * events));
        }
      }
      const median = (way: string) => quantile(cost_us.get(way)!, 0.5);
      console.log(`Deno ${release}, ${streamsAtOnce} streams of ${events} events ${name}`);
      for (const way of ways) {
        const ratio = (median(way) / median(ways[0]!)).toFixed(2);
        console.log(`  ${way.padEnd(14)} ${median(way).toFixed(1).padStart(6)} us a chunk, ${ratio} x`);
      }
    }
  }
});
