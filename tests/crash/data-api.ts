/**
 * The Data API as far as the functions use it: a POST to /rest/v1/rpc/<name> runs that SQL function as service_role, in one
 * transaction. @supabase/lite stands on postgres.js 3.4.9, which ends the whole process when a connection breaks that has
 * something to write (https://github.com/porsager/postgres/issues/1208), and broken connections are what these tests are made of.
 */
import { type DatabaseError, Pool } from "pg";

export interface DataApi {
  answer(request: Request): Promise<Response>;
  stop(): Promise<void>;
}

/** @param dbUrl of a role that may become service_role */
export function createDataApi(dbUrl: string): DataApi {
  const pool = new Pool({
    connectionString: `${dbUrl}?options=-c%20role%3Dservice_role`,
    max: 40,
  });
  // Idle connections break too when Postgres is killed; the pool drops them.
  pool.on("error", () => undefined);
  return {
    async answer(request) {
      const name = /^\/rest\/v1\/rpc\/([a-z_]+)$/.exec(new URL(request.url).pathname)?.[1];
      if (!name) return Response.json({ code: "PGRST125", message: "Invalid path" }, { status: 404 });
      const parameters = Object.entries((await request.json()) as Record<string, unknown>);
      const list = parameters.map(([parameter], index) => `${parameter} => $${index + 1}`).join(", ");
      try {
        const { rows } = await pool.query(
          `select coalesce(json_agg(r), '[]') as answer from byok.${name}(${list}) as r`,
          parameters.map(([, value]) => value),
        );
        return Response.json(rows[0].answer);
      } catch (error) {
        return refuse(error as DatabaseError);
      }
    },
    stop: () => pool.end(),
  };
}

function refuse({ code = "PGRST000", message, detail, hint }: Partial<DatabaseError>): Response {
  // PostgREST answers 503 when the connection is what failed, and has no SQLSTATE then.
  const status = /^PT(\d{3})$/.exec(code)?.[1] ?? (/^[0-9A-Z]{5}$/.test(code) ? 500 : 503);
  return Response.json({ code, message, details: detail ?? null, hint: hint ?? null }, { status: Number(status) });
}
