/** One database of the comparison: its users, and a connection for each role that asks. */
import type { Client, QueryResult } from "pg";
import { type Cluster, provideDatabase } from "./databases.ts";
import { type Ask, type Operation, Population, type Role } from "./operations.ts";

const roles: readonly Role[] = ["service_role", "authenticated", "supabase_auth_admin"];

export interface Site {
  readonly database: string;
  readonly userCount: number;
  readonly users: Population;
  readonly sessions: Readonly<Record<Role, Client>>;
  close(): Promise<void>;
}

/** Opens a database, filled when it is new, with all of it in memory and nothing left over from an earlier run. */
export async function openSite(cluster: Cluster, userCount: number): Promise<Site> {
  const database = await provideDatabase(cluster, userCount);
  const admin = await cluster.connect(database);
  await admin.query("create extension if not exists pg_prewarm");
  await admin.query(`select pg_prewarm(oid) from pg_class
    where relnamespace in ('byok'::regnamespace, 'auth'::regnamespace) and relkind in ('r', 'i')`);
  // Holds that a broken-off run has opened would expire in the middle of this one.
  await admin.query(`update byok.holds set expires_at = now()
    where expires_at < now() + interval '1 hour'`);
  await admin.query("select byok.expire_holds(1000000)");
  await admin.query("vacuum (analyze)");
  const { rows } = await admin.query("select count(*)::integer as remaining from auth.users");
  const clients = await Promise.all(
    roles.map(async (role) => {
      const client = await cluster.connect(database);
      await client.query(`set role ${role}`);
      return [role, client] as const;
    }),
  );
  return {
    database,
    userCount,
    users: new Population(admin, rows[0].remaining),
    sessions: Object.fromEntries(clients) as Record<Role, Client>,
    close: async () => {
      for (const client of [admin, ...clients.map(([, client]) => client)]) await client.end();
    },
  };
}

/**
 * Does an operation once, on the session of its role or on another one of that role.
 *
 * @returns the time that the client waited for the answer, in ms
 * @throws when the answer is another one than was meant
 */
export async function once(operation: Operation, users: Population, client: Client): Promise<number> {
  const ask = await operation.next(users);
  await carryClaims(client, ask, operation.role);
  const started_ms = performance.now();
  const result: QueryResult = await client.query(ask.text, ask.values);
  const waited_ms = performance.now() - started_ms;
  if (!operation.accepts(result, users, ask)) throw new Error(`${operation.name} answered something else`);
  return waited_ms;
}

/** The statements that the Data API sends before each request. */
async function carryClaims(client: Client, ask: Ask, role: Role): Promise<void> {
  const claims = JSON.stringify({ role, ...(ask.as && { sub: ask.as }) });
  await client.query("select set_config('request.jwt.claims', $1, false)", [claims]);
}
