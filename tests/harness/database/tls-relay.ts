/** TLS before a Postgres that has none, as a hosted project's database has it: the request for it is answered as Postgres does. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { onTestFinished } from "vitest";
import type { Certificate } from "./certificate.ts";

export interface TlsRelay {
  readonly port: number;
  /** All that clients have sent inside TLS. */
  told(): string;
}

/** Stops with the test. */
export async function startTlsRelay(database: URL, certificate: Certificate): Promise<TlsRelay> {
  const sockets = new Set<Socket>();
  const told: Buffer[] = [];
  const server = createServer(async (client) => {
    const upstream = connect(Number(database.port), database.hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => [client, upstream].forEach((each) => each.destroy()));
    }
    // SSLRequest has 8 bytes: https://www.postgresql.org/docs/17/protocol-message-formats.html
    await once(client, "readable");
    client.read(8);
    client.write("S");
    const inside = new TLSSocket(client, { isServer: true, ...certificate });
    inside.on("error", () => client.destroy());
    inside.on("data", (chunk: Buffer) => told.push(chunk));
    inside.pipe(upstream).pipe(inside);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, "close");
  });
  return { port: (server.address() as AddressInfo).port, told: () => Buffer.concat(told).toString("latin1") };
}
