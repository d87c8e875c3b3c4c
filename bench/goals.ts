/** The goals of `call` beside the bare proxy and Portkey, as ratios within one run. */
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

const byok = "byok, direct";
const ratio = (row: string, key: keyof Result, of: string, to: string) => (report: Report) =>
  (report.rows[row]?.[of]?.[key] ?? NaN) / (report.rows[row]?.[to]?.[key] ?? NaN);
const growth_mb = (report: Report, target: string) =>
  (report.streams_mb[target]?.[1] ?? NaN) - (report.streams_mb[target]?.[0] ?? NaN);
const many = "64 in flight, 1 kB";
const alone = "1 in flight, 1 kB";
const slow = "16 streams of 200 events, 5 ms apart";
const quick = "16 streams of 200 events at once";

export const goals: readonly Goal[] = [
  {
    name: "64 in flight: requests/s, to the bare proxy",
    atLeast: 0.6,
    of: ratio(many, "perSecond", byok, "bare proxy"),
  },
  { name: "64 in flight: requests/s, to Portkey", atLeast: 8, of: ratio(many, "perSecond", byok, "portkey") },
  { name: "1 in flight: p50, to the bare proxy", atMost: 2.4, of: ratio(alone, "p50_ms", byok, "bare proxy") },
  { name: "1 in flight: p50, to Portkey", atMost: 0.65, of: ratio(alone, "p50_ms", byok, "portkey") },
  {
    name: "64 in flight: CPU for a request, to the bare proxy",
    atMost: 1.6,
    of: ratio(many, "cpu_ms", byok, "bare proxy"),
  },
  {
    name: "64 in flight: requests/s on credits, to BYOK",
    atLeast: 0.6,
    of: ratio(many, "perSecond", "credits, direct", byok),
  },
  {
    name: "64 in flight: CPU for a request, ES256 to HS256",
    atMost: 1.1,
    of: ratio(many, "cpu_ms", byok, "byok, direct, HS256"),
  },
  {
    name: "streams: time between events, to the bare proxy",
    atMost: 1.1,
    of: ratio(slow, "gap_ms", byok, "bare proxy"),
  },
  { name: "streams: CPU for an event, to the bare proxy", atMost: 1.4, of: ratio(slow, "cpu_ms", byok, "bare proxy") },
  {
    name: "streams at once: CPU for an event, to the bare proxy",
    atMost: 1.4,
    of: ratio(quick, "cpu_ms", byok, "bare proxy"),
  },
  {
    name: "500 slow streams: growth of memory, to the bare proxy",
    atMost: 1.2,
    of: (report) => growth_mb(report, byok) / growth_mb(report, "bare proxy"),
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
