/**
 * The Data API as far as the functions use it: a POST to /rest/v1/rpc/<name> runs that SQL function as service_role, in one
 * transaction. @supabase/lite stands on postgres.js 3.4.9, which ends the whole process when a connection breaks that has
 * something to write (https://github.com/porsager/postgres/issues/1208), and broken connections are what these tests are made of.
 */
import { type DatabaseError, Pool, type PoolClient } from "pg";

export interface DataApi {
  answer(request: Request): Promise<Response>;
  stop(): Promise<void>;
}

/** Connections that PostgREST keeps by default: https://docs.postgrest.org/en/stable/references/configuration.html#db-pool */
const maxConnections = 10;

/**
 * Outlives the Postgres that it stands before, as PostgREST does.
 *
 * @param dbUrl of a role that may become service_role
 */
export function createDataApi(dbUrl: string): DataApi {
  const pool = new Pool({
    connectionString: `${dbUrl}?options=-c%20role%3Dservice_role`,
    max: maxConnections,
  });
  // Connections that broke while nobody used them. PostgREST keeps each until a request finds out.
  let broken = 0;
  pool.on("error", () => broken++);
  // One in use rejects the pending query, and must not end this process as well.
  pool.on("connect", (client) => client.on("error", () => undefined));
  return {
    async answer(request) {
      const name = /^\/rest\/v1\/rpc\/([a-z_]+)$/.exec(new URL(request.url).pathname)?.[1];
      if (!name) return Response.json({ code: "PGRST125", message: "Invalid path" }, { status: 404 });
      const parameters = Object.entries((await request.json()) as Record<string, unknown>);
      if (broken > 0) {
        broken--;
        return connectionBroke();
      }
      const client = await pool.connect().catch(() => undefined);
      return client ? await run(client, name, parameters) : noConnection();
    },
    stop: () => pool.end(),
  };
}

async function run(client: PoolClient, name: string, parameters: [string, unknown][]): Promise<Response> {
  const list = parameters.map(([parameter], index) => `${parameter} => $${index + 1}`).join(", ");
  try {
    const { rows } = await client.query(
      `select coalesce(json_agg(r), '[]') as answer from byok.${name}(${list}) as r`,
      parameters.map(([, value]) => value),
    );
    client.release();
    return Response.json(rows[0].answer);
  } catch (error) {
    const { code = "", message, detail = null, hint = null } = error as Partial<DatabaseError>;
    const isBroken = !/^[0-9A-Z]{5}$/.test(code);
    client.release(isBroken);
    if (isBroken) return connectionBroke();
    const status = Number(/^PT(\d{3})$/.exec(code)?.[1] ?? 500);
    return Response.json({ code, message, details: detail, hint }, { status });
  }
}

/** PostgREST 14's answer, once for each connection that broke; seen while Postgres recovered from a crash. */
function connectionBroke(): Response {
  return Response.json({ code: "", message: "", details: null, hint: null }, { status: 400 });
}

function noConnection(): Response {
  const message = "Database connection error. Retrying the connection.";
  return Response.json({ code: "PGRST000", message, details: null, hint: null }, { status: 503 });
}
