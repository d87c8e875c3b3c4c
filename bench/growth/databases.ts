/** The product's database in several sizes, side by side in one cluster, so that they can be measured in turn. */
import path from "node:path";
import { Client } from "pg";
import { password, type Postgres, startPostgres, superuser } from "../../stack/postgres/postgres.ts";
import { startStack } from "../../stack/stack.ts";
import type { Stops } from "../stops.ts";
import { fill } from "./fill.ts";

export interface Cluster {
  /** A connection as the cluster's superuser. */
  connect(database: string): Promise<Client>;
  /** Starts the server again; with `durable` each commit is flushed to disk, as in production. */
  restart(durable: boolean): Promise<void>;
}

/** Enough to hold the largest size, so that what is compared is work and not which size fits into memory. */
const settings = { shared_buffers: "6GB", max_wal_size: "8GB", checkpoint_timeout: "1h" };

/**
 * A cluster with the migrations applied in the database `postgres`.
 *
 * @param folder where it stays for the next run; a temporary one when absent
 * @throws when the schema has changed since the cluster of that folder was made
 */
export async function startCluster(stops: Stops, folder?: string): Promise<Cluster> {
  const stateDir = folder ? path.resolve(folder) : stops.folder("growth");
  let server: Postgres | undefined;
  const restart = async (durable: boolean) => {
    await server?.stop();
    server = await startPostgres({ stateDir, durable });
  };
  const connect = async (database: string) => {
    const connectionString = `postgresql://${superuser}:${password}@127.0.0.1:${server?.port}/${database}`;
    const client = new Client({ connectionString });
    await client.connect();
    return client;
  };
  const stack = await startStack({ stateDir, providers: "none", log: () => undefined });
  await stack.stop();
  stops.push(() => server?.stop());
  await restart(false);
  await withClient(await connect("postgres"), async (client) => {
    for (const [name, value] of Object.entries(settings)) await client.query(`alter system set ${name} = '${value}'`);
  });
  await restart(false);
  return { connect, restart };
}

/** A database with so many users, made from the empty one unless an earlier run has left it; returns its name. */
export async function provideDatabase(cluster: Cluster, userCount: number): Promise<string> {
  const name = `users_${userCount}`;
  await withClient(await cluster.connect("template1"), async (client) => {
    const { rowCount } = await client.query("select from pg_database where datname = $1", [name]);
    if (rowCount) return;
    // It gets its name at the end, so that no half of one is ever used.
    await client.query("drop database if exists being_filled");
    await client.query("create database being_filled template postgres");
    await withClient(await cluster.connect("being_filled"), (filler) => fill(filler, userCount));
    await client.query(`alter database being_filled rename to ${name}`);
  });
  return name;
}

/** Runs `use` with a connection that is closed afterwards. */
export async function withClient<T>(client: Client, use: (client: Client) => Promise<T>): Promise<T> {
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
