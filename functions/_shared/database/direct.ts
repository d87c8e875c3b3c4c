/** The database over a connection of its own, as the role `byok_functions`: one round trip to Postgres and nothing between. */
import { type DatabaseError, Pool, type PoolClient } from "pg";
import { inBatches } from "./batches.ts";
import { DenoStream, type StreamOptions } from "./deno-stream.ts";
import { type Ask, type DatabaseFailure, rpcOver } from "./failures.ts";
import { databaseOver, type FunctionName, type Parameters, type Rows } from "./rpc.ts";
import type { Database } from "./types.ts";

export interface DirectOptions {
  /** `postgresql://user:password@host:port/database`: Postgres itself, or a pooler in transaction mode. */
  readonly url: string;
  /** PEM of the authority that signed the server's certificate; the public ones when absent. False: no TLS. */
  readonly tls: { readonly ca?: string } | false;
  /** How long to wait for a connection, and then for an answer, in ms: longer than a statement may take (8 s). */
  readonly patience_ms?: number;
  /** Deno's own when absent. */
  readonly sockets?: StreamOptions["sockets"];
}

/** Most connections of an isolate: one for batches, three for steps that wait for a locked account, one for all else. */
const maxConnections = 5;
/** How long a connection that nobody needs is kept, in ms. */
const idle_ms = 30_000;

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
export function askDirectly({ url, tls, patience_ms = 10_000, sockets }: DirectOptions): {
  ask: Ask;
  close(): Promise<void>;
} {
  const pool = new Pool({
    connectionString: url,
    // TLS is the stream's own.
    ssl: false,
    stream: () => new DenoStream({ tls, sockets }) as never,
    max: maxConnections,
    connectionTimeoutMillis: patience_ms,
    query_timeout: patience_ms,
    idleTimeoutMillis: idle_ms,
  });
  // The end of a connection rejects the pending query; here it only must not end the process.
  const ignore = () => undefined;
  pool.on("error", ignore);
  pool.on("connect", (client) => client.on("error", ignore));

  const ask: Ask = async <Name extends FunctionName>(name: Name, parameters: Parameters<Name>) => {
    const names = Object.keys(parameters);
    const list = names.map((parameter, index) => `${parameter} => $${index + 1}`).join(", ");
    let client: PoolClient;
    try {
      client = await pool.connect();
    } catch (thrown) {
      return { failure: { code: (thrown as Partial<DatabaseError>).code, isAway: true } };
    }
    const values = Object.values(parameters).map(toParameter);
    const result = await query(client, `select to_json(r) from byok.${name}(${list}) as r`, values);
    return "failure" in result ? result : { rows: result.rows.map(([row]) => row) as Rows<Name> };
  };
  return { ask, close: () => pool.end() };
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
