import type { Sql } from "postgres";
import type { Lite } from "../api/lite.ts";
import { readBootstrap } from "../own-files.ts";

/**
 * Brings a database to what a hosted project's has before its first migration; changes nothing on one
 * that is there already.
 */
export async function bootstrap(lite: Lite): Promise<void> {
  const sql: Sql = lite.connection.driver;
  await run(sql, "10_roles.sql");
  await lite.createAuthSchema();
  await run(sql, "20_auth.sql");
  await run(sql, "30_reload.sql");
}

/** Adds what the migrations of an app refer to besides. */
export async function bootstrapForApp(lite: Lite): Promise<void> {
  await run(lite.connection.driver, "40_neighbours.sql");
}

async function run(sql: Sql, file: string): Promise<void> {
  await sql.unsafe(readBootstrap(file));
}
