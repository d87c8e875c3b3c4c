/** Sockets as Deno has them, made of Node's, for the functions' code where it runs under Node: in tests and benches. */
import { once } from "node:events";
import { connect, type Socket as NodeSocket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Socket, Sockets } from "../../../functions/_shared/database/deno-stream.ts";

const sources = new WeakMap<Socket, NodeSocket>();

export const nodeSockets: Sockets = {
  async connect({ hostname, port }) {
    const socket = connect({ host: hostname, port });
    await once(socket, "connect");
    return asDeno(socket);
  },
  async startTls(plain, { hostname, caCerts }) {
    const source = sources.get(plain)!;
    source.removeAllListeners();
    const socket = connectTls({ socket: source, host: hostname, servername: hostname, ca: caCerts });
    await once(socket, "secureConnect");
    return asDeno(socket);
  },
};

function asDeno(socket: NodeSocket): Socket {
  let isOver = false;
  let wake: () => void = () => undefined;
  for (const event of ["readable", "end", "close", "error"]) {
    socket.on(event, () => {
      isOver ||= event !== "readable";
      wake();
    });
  }
  const adapted: Socket = {
    async read(into) {
      for (;;) {
        const chunk = socket.read(Math.min(socket.readableLength, into.byteLength) || undefined) as Buffer | null;
        if (chunk) {
          into.set(chunk);
          return chunk.byteLength;
        }
        if (isOver || socket.destroyed) return null;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
    write: (bytes) =>
      new Promise((resolve, reject) => {
        socket.write(Uint8Array.from(bytes), (error) => (error ? reject(error) : resolve(bytes.byteLength)));
      }),
    close: () => {
      socket.end();
      socket.destroySoon();
    },
    setNoDelay: () => void socket.setNoDelay(true),
  };
  sources.set(adapted, socket);
  return adapted;
}
