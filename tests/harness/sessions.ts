/** Connections to the database as the roles that a project has, and what the tests put there. */
import { Client, type Pool } from "pg";

/** A connection as the hosted `postgres`, or as another role from then on. */
export async function connect(dbUrl: string, role?: "service_role"): Promise<Client> {
  const client = new Client({ connectionString: dbUrl });
  await client.connect();
  if (role) await client.query(`set role ${role}`);
  return client;
}

/** Runs `use` with a connection that is closed afterwards. */
export async function withConnection<T>(dbUrl: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = await connect(dbUrl);
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

/** Makes users who have nothing, and returns their ids. */
export async function createUsers(client: Client | Pool, count: number): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>(
    `insert into auth.users (id, email)
     select id, id || '@example.com' from (select gen_random_uuid() as id from generate_series(1, $1)) as made
     returning id`,
    [count],
  );
  return rows.map(({ id }) => id);
}

/** Of the form that the table demands, kid 1, and sealed by nobody. */
export const envelope = Buffer.concat([Buffer.from("42594b0100000001", "hex"), Buffer.alloc(348)]).toString("base64");

/** Resolves when a statement of that connection waits for a lock. */
export async function waits(observer: Client, waiting: Client): Promise<void> {
  const { processID } = waiting as Client & { processID: number };
  for (;;) {
    const { rows } = await observer.query("select cardinality(pg_blocking_pids($1)) > 0 as waits", [processID]);
    if (rows[0].waits) return;
  }
}
