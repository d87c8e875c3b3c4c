/** Stands between the functions' code and Postgres in a test: counts connections, and can make them fail as networks do. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

export interface PostgresRelay {
  /** The database's, by way of the relay. */
  readonly url: string;
  /** How many connections there have been. */
  accepted(): number;
  /** From which ports Postgres is reached. */
  ports(): number[];
  /** All that clients have sent. */
  sent(): string;
  /** From now on nothing is passed on, in either direction, but connections stay. */
  freeze(): void;
  /** Resets all connections; new ones work. */
  reset(): void;
}

/** Stops with the test. */
export async function startPostgresRelay(url: string): Promise<PostgresRelay> {
  const database = new URL(url);
  const chunks: Buffer[] = [];
  const sockets = new Set<Socket>();
  const upstreams: Socket[] = [];
  let accepted = 0;
  const server = createServer((client) => {
    accepted++;
    const upstream = connect(Number(database.port), database.hostname);
    upstreams.push(upstream);
    client.on("data", (chunk: Buffer) => chunks.push(chunk));
    client.pipe(upstream).pipe(client);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        client.destroy();
        upstream.destroy();
      });
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const relayed = new URL(url);
  relayed.port = String((server.address() as AddressInfo).port);
  const relay: PostgresRelay = {
    url: relayed.href,
    accepted: () => accepted,
    ports: () => upstreams.flatMap(({ localPort }) => localPort ?? []),
    sent: () => Buffer.concat(chunks).toString("latin1"),
    freeze: () => {
      for (const socket of sockets) socket.unpipe().pause();
    },
    reset: () => {
      for (const socket of sockets) socket.resetAndDestroy();
      sockets.clear();
    },
  };
  onTestFinished(async () => {
    relay.reset();
    server.close();
    await once(server, "close");
  });
  return relay;
}
