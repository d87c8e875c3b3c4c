/**
 * `npm run bench:growth`: what the database's work costs with 1,000, 100,000 and 1,000,000 users, and where its first walls are.
 * Everything in it stays as quick as it is with few users, or the report says what does not.
 */
import { parseArgs } from "node:util";
import { startCluster, withClient, type Cluster } from "./growth/databases.ts";
import { operations } from "./growth/operations.ts";
import { explain, wholeTables } from "./growth/plans.ts";
import { growthTable, machine, type Row, table } from "./growth/report.ts";
import { once, openSite, type Site } from "./growth/sessions.ts";
import { connectionMemory_bytes, measureWalls } from "./growth/walls.ts";
import { quantile } from "./statistics.ts";
import { undoing } from "./stops.ts";

const usage = `Usage: npm run bench:growth -- [--quick] [--json] [--state <folder>]
  --quick           1,000, 5,000 and 20,000 users, few rounds
  --json            for machines
  --state <folder>  keeps the filled databases there and uses those that are there; filling a million users takes minutes`;

const extents = {
  full: { userCounts: [1_000, 100_000, 1_000_000], rounds: 40, wall_ms: 10_000 },
  quick: { userCounts: [1_000, 5_000, 20_000], rounds: 5, wall_ms: 1_000 },
} as const;

/** Operations that open and close a call: their medians stay within this of each other. */
const goals: Readonly<Record<string, number>> = {
  "open_call, byok": 1.3,
  "open_call, byok by a team": 1.3,
  place_hold: 1.3,
  charge_hold: 1.3,
};

/** Every operation on every size in turn, call by call, so that a busy moment of the machine slows all of them. */
async function measure(sites: readonly Site[], rounds: number): Promise<Map<string, number[]>> {
  const waits_ms = new Map<string, number[]>();
  for (let round = -1; round < rounds; round++) {
    for (const operation of operations) {
      for (let call = 0; call < operation.calls; call++) {
        // The first site finds the machine's caches full of something else.
        const first = call % sites.length;
        for (const { users, sessions, userCount } of [...sites.slice(first), ...sites.slice(0, first)]) {
          const wait_ms = await once(operation, users, sessions[operation.role]);
          const key = `${operation.name} ${userCount}`;
          // The first round warms caches and settles plans.
          if (round >= 0) waits_ms.set(key, [...(waits_ms.get(key) ?? []), wait_ms]);
        }
      }
    }
  }
  return waits_ms;
}

/** The operations on every size, and the memory that a connection holds after all of them. */
async function compare(cluster: Cluster, userCounts: readonly number[], rounds: number) {
  const sites: Site[] = [];
  try {
    for (const userCount of userCounts) sites.push(await openSite(cluster, userCount));
    const waits_ms = await measure(sites, rounds);
    const rows: Row[] = [];
    for (const operation of operations) {
      const sizes = [];
      for (const site of sites) {
        const waits = waits_ms.get(`${operation.name} ${site.userCount}`) ?? [];
        const plan = await explain(cluster, site, operation);
        sizes.push({ users: site.userCount, p50_ms: quantile(waits, 0.5), p99_ms: quantile(waits, 0.99), plan });
      }
      const medians = sizes.map(({ p50_ms }) => p50_ms);
      rows.push({ operation: operation.name, sizes, ratio: Math.max(...medians) / Math.min(...medians) });
    }
    const connection_bytes = await connectionMemory_bytes(sites.at(-1)!.sessions.service_role);
    return { rows, connection_bytes };
  } finally {
    for (const site of sites) await site.close();
  }
}

/** Bytes on disk of a row of each table that grows, indexes included. */
async function rowSizes(cluster: Cluster, userCount: number): Promise<Record<string, number>> {
  return await withClient(await cluster.connect(`users_${userCount}`), async (client) => {
    const { rows } = await client.query(`
      select relname, round(pg_total_relation_size(oid) / reltuples)::integer as row_bytes from pg_class
      where oid in ('byok.credentials'::regclass, 'byok.envelopes'::regclass, 'byok.accounts'::regclass,
                    'byok.holds'::regclass, 'byok.entries'::regclass)`);
    return Object.fromEntries(rows.map(({ relname, row_bytes }) => [relname, row_bytes]));
  });
}

async function run(cluster: Cluster, { userCounts, rounds, wall_ms }: (typeof extents)["full" | "quick"]) {
  const { rows, connection_bytes } = await compare(cluster, userCounts, rounds);
  const row_bytes = await rowSizes(cluster, userCounts.at(-1)!);
  const walls = await measureWalls(cluster, userCounts[0], wall_ms);
  return { machine: machine(), rows, walls, connection_bytes, row_bytes };
}

function print({ machine, rows, walls, connection_bytes, row_bytes }: Awaited<ReturnType<typeof run>>): void {
  console.log(`${machine}\n\n${growthTable(rows)}\n`);
  for (const { operation, sizes } of rows) console.log(`${operation}: ${sizes.at(-1)!.plan.scans.join("; ")}`);
  const head = ["calls on credits, placed and charged", "connections", "calls/s", "p50 in ms", "p99 in ms"];
  const cells = walls.map(({ name, connections, calls_per_s, p50_ms, p99_ms }) => {
    return [name, connections, calls_per_s, p50_ms, p99_ms];
  });
  console.log(`\n${table(head, cells)}\n`);
  if (connection_bytes) console.log(`memory of a connection: ${(connection_bytes / 1e6).toFixed(1)} MB`);
  const sizes = Object.entries(row_bytes).map(([name, bytes]) => `${name} ${bytes}`);
  console.log(`bytes of a row, indexes included: ${sizes.join(", ")}\n`);
  for (const complaint of complaints(rows)) console.log(`grows: ${complaint}`);
}

/** Findings that differ from those with few users. */
function complaints(rows: readonly Row[]): string[] {
  return rows.flatMap(({ operation, sizes, ratio }) => {
    const goal = goals[operation] ?? Infinity;
    const whole = sizes.flatMap(({ users, plan }) => wholeTables(plan).map((scan) => `${scan} at ${users} users`));
    return [
      ...(ratio > goal ? [`${operation} is ${ratio.toFixed(2)} times as slow, of ${goal} at most`] : []),
      ...whole.map((scan) => `${operation} reads a whole table: ${scan}`),
    ];
  });
}

const { values } = parseArgs({
  options: {
    quick: { type: "boolean" },
    json: { type: "boolean" },
    state: { type: "string" },
    help: { type: "boolean" },
  },
});
if (values.help) {
  console.log(usage);
} else {
  await undoing(async (stops) => {
    const cluster = await startCluster(stops, values.state);
    const figures = await run(cluster, values.quick ? extents.quick : extents.full);
    if (values.json) console.log(JSON.stringify(figures, undefined, 2));
    else print(figures);
    if (complaints(figures.rows).length > 0) process.exitCode = 1;
  });
}
