/** The driver, over Deno's own sockets. It imports nothing of the functions', so that a bundle can hold it by itself. */
import { Pool } from "pg";
import { DenoStream, type StreamOptions } from "./deno-stream.ts";

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

/** Connections are opened when they are needed; one that broke is dropped and another is opened for the next statement. */
export function openPool({ url, tls, patience_ms = 10_000, sockets }: DirectOptions): Pool {
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
  return pool;
}
