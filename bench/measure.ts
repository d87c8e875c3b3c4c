/** One target under one load: how much, how fast, and what it costs which process. */
import { load } from "./load.ts";
import { cpu_ms, cpuWithChildren_ms, memory_mb } from "./processes.ts";
import { quantile } from "./statistics.ts";
import type { Measured, Targets } from "./targets.ts";

export interface Row {
  readonly name: string;
  /** The request to the provider: `json <bytes>`, or `stream <events> <ms between them>`. */
  readonly question: string;
  readonly inFlight: number;
  /** Streams are counted, not timed: one such number for each in flight. */
  readonly requestsEach?: number;
  /** As far away from database, Data API and provider as a hosted project is. */
  readonly isFar?: boolean;
}

/** Of one target in one row and round, or medians of the rounds. */
export interface Result {
  readonly perSecond: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
  /** Time to the first byte of the body, median. */
  readonly first_ms: number;
  /** Between pieces of the body, median. */
  readonly gap_ms: number;
  /** CPU time for a request: of the process between client and provider, of Postgres, of the provider, of the client. */
  readonly cpu_ms: number;
  readonly postgresCpu_ms: number;
  readonly providerCpu_ms: number;
  readonly clientCpu_ms: number;
}

export async function measure(row: Row, target: Measured, targets: Targets, duration_ms: number): Promise<Result> {
  const { question, inFlight, requestsEach } = row;
  const processes = {
    cpu_ms: () => cpu_ms(target.pid),
    postgresCpu_ms: () => (target.postgresPid === undefined ? 0 : cpuWithChildren_ms(target.postgresPid)),
    providerCpu_ms: () => cpu_ms(targets.provider.pid),
    // REST and Auth run in this process too: what the Data API costs stands here as well.
    clientCpu_ms: () => process.cpuUsage().user / 1000 + process.cpuUsage().system / 1000,
  };
  const before = mapValues(processes, (read) => read());
  const started = performance.now();
  const samples = await load(target, question, {
    inFlight,
    ...(requestsEach ? { requests: requestsEach * inFlight } : { duration_ms }),
  });
  const seconds = (performance.now() - started) / 1000;
  const ends = samples.map(({ end_ms }) => end_ms);
  return {
    perSecond: samples.length / seconds,
    p50_ms: quantile(ends, 0.5),
    p99_ms: quantile(ends, 0.99),
    first_ms: quantile(
      samples.map(({ firstByte_ms }) => firstByte_ms),
      0.5,
    ),
    gap_ms: quantile(
      samples.flatMap(({ gaps_ms }) => gaps_ms),
      0.5,
    ),
    ...mapValues(processes, (read, name) => (read() - before[name]) / samples.length),
  };
}

/** Of several rounds. */
export function medians(rounds: readonly Result[]): Result {
  const [first] = rounds;
  if (!first) throw new RangeError("There are no rounds.");
  return mapValues(first, (_, key) =>
    quantile(
      rounds.map((result) => result[key]),
      0.5,
    ),
  );
}

/** Resident memory in MB: before, and the most in each of two passes of 500 slow streams. */
export async function memoryOfStreams_mb(target: Measured): Promise<number[]> {
  const passes_mb = [memory_mb(target.pid)];
  for (const _ of [1, 2]) {
    let most_mb = 0;
    const watch = setInterval(() => (most_mb = Math.max(most_mb, memory_mb(target.pid))), 50);
    try {
      await load(target, "stream 30 100", { inFlight: 500, requests: 500 });
    } finally {
      clearInterval(watch);
    }
    passes_mb.push(most_mb);
  }
  return passes_mb;
}

/** Resident memory in MB when it is warm, and after so many calls more. */
export async function memoryOfCalls_mb(target: Measured, calls: number): Promise<[number, number]> {
  await load(target, "json 1024", { inFlight: 64, requests: calls / 5 });
  const warm_mb = memory_mb(target.pid);
  await load(target, "json 1024", { inFlight: 64, requests: calls });
  return [warm_mb, memory_mb(target.pid)];
}

function mapValues<const From extends object, To>(
  from: From,
  to: (value: From[keyof From], key: keyof From) => To,
): { [Key in keyof From]: To } {
  return Object.fromEntries(Object.entries(from).map(([key, value]) => [key, to(value, key as keyof From)])) as {
    [Key in keyof From]: To;
  };
}
