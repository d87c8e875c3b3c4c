/**
 * The goals of `call` beside the bare proxy and Portkey: ratios within one run where they can be, since those mean the same on a slow
 * machine. A ratio to the bare proxy's requests/s has none: the jump of WebCrypto to another thread and one round trip to the database
 * cost more than such a proxy does in all.
 */
import type { Result } from "./measure.ts";

export interface Report {
  /** Name of the row -> name of the target -> medians. */
  readonly rows: Readonly<Record<string, Readonly<Record<string, Result>>>>;
  /** Name of the target -> MB before, and the most in the first and in a second pass of 500 slow streams. */
  readonly streams_mb: Readonly<Record<string, readonly number[]>>;
  /** Name of the target -> MB when warm, and after 100,000 calls more. */
  readonly calls_mb: Readonly<Record<string, readonly number[]>>;
}

export interface Goal {
  readonly name: string;
  readonly atLeast?: number;
  readonly atMost?: number;
  /** NaN where it was not measured. */
  of(report: Report): number;
}

const bare = "bare proxy";
const byok = "byok, direct";
const credits = "credits, direct";
const figure = (row: string, key: keyof Result, of: string) => (report: Report) => report.rows[row]?.[of]?.[key] ?? NaN;
const ratio = (row: string, key: keyof Result, of: string, to: string) => (report: Report) =>
  figure(row, key, of)(report) / figure(row, key, to)(report);
const growth_mb = (report: Report, target: string) =>
  (report.streams_mb[target]?.[1] ?? NaN) - (report.streams_mb[target]?.[0] ?? NaN);
const many = "64 in flight, 1 kB";
const alone = "1 in flight, 1 kB";
const slow = "16 streams of 200 events, 5 ms apart";
const quick = "16 streams of 200 events at once";
const far = "as on a hosted project, 1 in flight, 1 kB";
const eventsOfStream = 200;

/** CPU time that a worker has on a hosted project, in ms: https://supabase.com/docs/guides/functions/limits (November 2026) */
const lifeCpu_ms = 2_000;
const inALife = (row: string, of: string, each: number) => (report: Report) =>
  (lifeCpu_ms / figure(row, "cpu_ms", of)(report)) * each;

/** How much 2 s of CPU are enough for: the targets' calls in one row, and their streamed events in another. */
export const lives = (report: Report) =>
  [bare, byok, credits].map((name) => ({
    name,
    calls: inALife(many, name, 1)(report),
    events: inALife(quick, name, eventsOfStream)(report),
  }));

/** Time to the first byte beyond that of the bare proxy, in ms, where the database is 1 ms away. */
const addedFar_ms = (of: string) => (report: Report) =>
  figure(far, "first_ms", `${of}, hosted`)(report) - figure(far, "first_ms", "bare proxy, hosted")(report);

export const goals: readonly Goal[] = [
  { name: "64 in flight: requests/s, to Portkey", atLeast: 2, of: ratio(many, "perSecond", byok, "portkey") },
  {
    name: "64 in flight: CPU for a request, to the bare proxy",
    atMost: 2.8,
    of: ratio(many, "cpu_ms", byok, bare),
  },
  { name: "1 in flight: p50, to Portkey", atMost: 1.2, of: ratio(alone, "p50_ms", byok, "portkey") },
  { name: "64 in flight: requests/s on credits, to BYOK", atLeast: 0.6, of: ratio(many, "perSecond", credits, byok) },
  { name: "1 in flight: p50 on credits, to BYOK", atMost: 1.5, of: ratio(alone, "p50_ms", credits, byok) },
  {
    name: "64 in flight: Postgres's CPU for a call on credits, to the CPU of the bare proxy",
    // 0.15 ms where the bare proxy takes 0.05.
    atMost: 3,
    of: (report) => figure(many, "postgresCpu_ms", credits)(report) / figure(many, "cpu_ms", bare)(report),
  },
  {
    name: "streams at once: CPU for an event on credits, to the bare proxy",
    atMost: 2,
    of: ratio(quick, "cpu_ms", credits, bare),
  },
  {
    name: "streams 5 ms apart: CPU for an event on credits, to the bare proxy",
    atMost: 2,
    of: ratio(slow, "cpu_ms", credits, bare),
  },
  {
    name: "an isolate's life: calls on an own key, to the bare proxy",
    // 12,000 where the bare proxy takes 0.05 ms for each of 40,000.
    atLeast: 0.3,
    of: ratio(many, "cpu_ms", bare, byok),
  },
  {
    name: "an isolate's life: streamed events on credits",
    atLeast: 50_000,
    of: inALife(quick, credits, eventsOfStream),
  },
  {
    name: "as on a hosted project: ms to the first byte, one round trip on an own key",
    atMost: 2,
    of: addedFar_ms(byok),
  },
  {
    name: "as on a hosted project: ms to the first byte, two round trips on credits (hold, charge)",
    atMost: 4,
    of: addedFar_ms(credits),
  },
  {
    name: "64 in flight: CPU for a request, ES256 to HS256",
    atMost: 1.1,
    of: ratio(many, "cpu_ms", byok, "byok, direct, HS256"),
  },
  {
    name: "streams: time between events, to the bare proxy",
    atMost: 1.1,
    of: ratio(slow, "gap_ms", byok, bare),
  },
  { name: "streams: CPU for an event, to the bare proxy", atMost: 1.4, of: ratio(slow, "cpu_ms", byok, bare) },
  {
    name: "streams at once: CPU for an event, to the bare proxy",
    atMost: 1.4,
    of: ratio(quick, "cpu_ms", byok, bare),
  },
  {
    name: "500 slow streams: growth of memory, to the bare proxy",
    atMost: 1.2,
    of: (report) => growth_mb(report, byok) / growth_mb(report, bare),
  },
  {
    name: "500 slow streams: growth of memory in a second pass, MB",
    atMost: 15,
    of: ({ streams_mb }) => (streams_mb[byok]?.[2] ?? NaN) - (streams_mb[byok]?.[1] ?? NaN),
  },
  {
    name: "100,000 calls: growth of memory, MB",
    atMost: 15,
    of: ({ calls_mb }) => (calls_mb[byok]?.[1] ?? NaN) - (calls_mb[byok]?.[0] ?? NaN),
  },
];

export function isMet({ atLeast = -Infinity, atMost = Infinity }: Goal, value: number): boolean {
  return value >= atLeast && value <= atMost;
}
