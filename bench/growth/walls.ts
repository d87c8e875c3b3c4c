/** How many calls on credits, placed and charged, one database carries: where the first walls are. */
import { readFileSync } from "node:fs";
import type { Client } from "pg";
import { type Cluster, provideDatabase } from "./databases.ts";
import { longTimeUsers, userId } from "./fill.ts";
import { placeHold } from "./operations.ts";
import { quantile } from "../statistics.ts";

export interface Wall {
  readonly name: string;
  readonly connections: number;
  readonly calls_per_s: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
}

interface Load {
  readonly name: string;
  readonly connections: number;
  /** The user of each connection, by its number. */
  user(connection: number): string;
}

const oneUser = () => userId(1);
const ownUser = (connection: number) => userId(longTimeUsers + 1 + connection);
const loads: readonly Load[] = [
  { name: "one user", connections: 1, user: oneUser },
  { name: "one user", connections: 16, user: oneUser },
  { name: "a user for each connection", connections: 16, user: ownUser },
  { name: "a user for each connection", connections: 64, user: ownUser },
];

/** Calls on credits as fast as they go, with commits that are flushed to disk and, for comparison, without. */
export async function measureWalls(cluster: Cluster, userCount: number, duration_ms: number): Promise<Wall[]> {
  const database = await provideDatabase(cluster, userCount);
  const walls: Wall[] = [];
  for (const durable of [true, false]) {
    await cluster.restart(durable);
    for (const load of loads) {
      const clients = await Promise.all(Array.from({ length: load.connections }, () => cluster.connect(database)));
      const wall = await measure(load, clients, duration_ms);
      walls.push({ ...wall, name: `${load.name}, ${durable ? "flushed" : "not flushed"}` });
      for (const client of clients) await client.end();
    }
  }
  return walls;
}

async function measure({ name, connections, user }: Load, clients: Client[], duration_ms: number): Promise<Wall> {
  const waits_ms: number[] = [];
  const started_ms = performance.now();
  const until_ms = started_ms + duration_ms;
  await Promise.all(
    clients.map(async (client, connection) => {
      const { text, values } = placeHold(user(connection));
      for (let call = 0; performance.now() < until_ms; call++) {
        const opened_ms = performance.now();
        const { rows } = await client.query(text, values.with(1, `wall ${opened_ms} ${connection} ${call}`));
        await client.query("select byok.charge_hold($1, $2)", [user(connection), rows[0].hold_id]);
        waits_ms.push(performance.now() - opened_ms);
      }
    }),
  );
  const elapsed_s = (performance.now() - started_ms) / 1_000;
  return {
    name,
    connections,
    calls_per_s: waits_ms.length / elapsed_s,
    p50_ms: quantile(waits_ms, 0.5),
    p99_ms: quantile(waits_ms, 0.99),
  };
}

/** Memory of its own that a connection's process holds after work; null where the system does not tell. */
export async function connectionMemory_bytes(client: Client): Promise<number | null> {
  const { rows } = await client.query("select pg_backend_pid() as pid");
  try {
    const maps = readFileSync(`/proc/${rows[0].pid}/smaps_rollup`, "utf8");
    return Number(/^Private_Dirty:\s+(\d+) kB/m.exec(maps)?.[1]) * 1024;
  } catch {
    return null;
  }
}
