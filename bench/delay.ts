/**
 * Distance on one machine: `node delay.ts <port> <port of the server> <ms>` passes connections on, and answers so many ms later, which is
 * the time of a round trip.
 */
import { connect, createServer } from "node:net";

const [port, serverPort, delay_ms] = process.argv.slice(2).map(Number);

createServer({ noDelay: true }, (client) => {
  const server = connect({ port: serverPort!, host: "127.0.0.1", noDelay: true });
  client.on("data", (chunk) => server.write(chunk));
  server.on("data", (chunk) => setTimeout(() => client.writable && client.write(chunk), delay_ms));
  server.on("end", () => setTimeout(() => client.end(), delay_ms));
  client.on("end", () => server.end());
  for (const socket of [client, server]) {
    socket.on("error", () => undefined);
    socket.on("close", () => setTimeout(() => [client, server].forEach((each) => each.destroy()), delay_ms));
  }
}).listen(port, "127.0.0.1");
