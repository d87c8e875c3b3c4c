/** The database over a connection of its own, as the role `byok_functions`: one round trip to Postgres and nothing between. */
import type { DatabaseError, PoolClient } from "pg";
import { inBatches } from "./batches.ts";
import { type Ask, type DatabaseFailure, rpcOver } from "./failures.ts";
import type { DirectOptions } from "./postgres.ts";
import { databaseOver, type FunctionName, type Parameters, type Rows } from "./rpc.ts";
import type { Database } from "./types.ts";

/** The database, with the steps of calls in batches. Make one for each isolate. */
export function direct(options: DirectOptions): Database & { close(): Promise<void> } {
  const { ask, close } = askDirectly(options);
  return { ...databaseOver(inBatches(rpcOver(ask, "direct"))), close };
}

/**
 * Statements are unnamed and each is a transaction of its own, so nothing depends on which server
 * connection a pooler picks. Connections are opened when they are needed; one that broke is dropped and another is opened for
 * the next statement. No statement is sent twice unless Postgres says that it has rolled the first one back.
 */
export function askDirectly(options: DirectOptions): { ask: Ask; close(): Promise<void> } {
  // A function that uses the Data API loads no driver. One that lacks it ends here, unhandled.
  const opening = import("./postgres.ts").then(({ openPool }) => openPool(options));

  const ask: Ask = async <Name extends FunctionName>(name: Name, parameters: Parameters<Name>, sent?: () => void) => {
    const names = Object.keys(parameters);
    const list = names.map((parameter, index) => `${parameter} => $${index + 1}`).join(", ");
    let client: PoolClient;
    try {
      const pool = await opening;
      if (pool.idleCount === 0) sent?.();
      client = await pool.connect();
    } catch (thrown) {
      return { failure: { code: (thrown as Partial<DatabaseError>).code, isAway: true } };
    }
    const values = Object.values(parameters).map(toParameter);
    const asking = query(client, `select to_json(r) from byok.${name}(${list}) as r`, values);
    sent?.();
    const result = await asking;
    return "failure" in result ? result : { rows: result.rows.map(([row]) => row) as Rows<Name> };
  };
  return { ask, close: async () => (await opening).end() };
}

/** Runs a statement and hands the connection back, unless it is no longer good. */
async function query(
  client: PoolClient,
  text: string,
  values: unknown[],
): Promise<{ rows: unknown[][] } | { failure: DatabaseFailure }> {
  try {
    const { rows } = await client.query<unknown[]>({ text, values, rowMode: "array" });
    client.release();
    return { rows };
  } catch (thrown) {
    const { code, message, detail: details } = thrown as Partial<DatabaseError>;
    // Without an SQLSTATE the connection failed, or was silent. The pool itself drops those that Postgres ended.
    const isBroken = code?.length !== 5;
    client.release(isBroken);
    return { failure: isBroken ? { code, isAway: true } : { code, message, details } };
  }
}

/** The driver would write a list as an array of Postgres; the only lists here are JSON. */
function toParameter(value: unknown): unknown {
  return typeof value === "object" && value !== null ? JSON.stringify(value) : value;
}
