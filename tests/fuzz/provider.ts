/** Servers on the other side of the functions: providers that answer with any bytes, and a canary that nobody may reach. */
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";

/** One request as it came. */
export interface Received {
  readonly method: string;
  readonly target: string;
  /** Names and values by turns. */
  readonly rawHeaders: readonly string[];
  /** The first 64 KiB of the body; it grows while the body comes. */
  body: string;
}

/** Answers a request by hand; the bytes of its body have been read before. */
export type Script = (socket: Socket) => unknown;

export interface HostileProvider {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string;
  /** Since the last `forget`. */
  readonly received: Received[];
  /** A text that makes the provider answer with this script wherever it stands: in target, API key or body. */
  script(answer: Script): string;
  /** Whether it reads what it is sent; true at first. */
  isReading: boolean;
  stop(): Promise<void>;
}

const remembered_bytes = 64 * 1024;

/** Answers every request with an empty list, which is a good answer to any question, unless a script is named in it. */
export async function startHostileProvider(): Promise<HostileProvider> {
  const received: Received[] = [];
  const scripts: Script[] = [];
  const server = createServer({ keepAliveTimeout: 65_000 }, (request) => {
    request.on("error", () => {});
    if (!provider.isReading) return;
    void receive(request, received).then((whole) => {
      const script = scripts[Number(/scripted(\d+)x/.exec(whole)?.[1])];
      if (script) script(request.socket);
      else request.socket.write(answerOf(200, '{"object":"list","data":[]}'));
    });
  });
  server.on("connection", (socket) => socket.on("error", () => {}));
  const provider: HostileProvider = {
    isReading: true,
    origin: `http://127.0.0.1:${await listen(server)}`,
    received,
    script: (answer) => `scripted${scripts.push(answer) - 1}x`,
    async stop() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  return provider;
}

/** Reads a request to its end; all of it that is remembered, as one text. */
async function receive(request: IncomingMessage, received: Received[]): Promise<string> {
  const { method = "", url: target = "", rawHeaders } = request;
  const entry: Received = { method, target, rawHeaders, body: "" };
  received.push(entry);
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      if (entry.body.length < remembered_bytes) entry.body += chunk.toString("latin1");
    }
  } catch {
    // The functions broke off, as they do for a body that is too long.
  }
  return textOf(entry);
}

/** All of a request as one text, to look for something in it. */
export function textOf({ method, target, rawHeaders, body }: Received): string {
  return [method, target, ...rawHeaders, body].join("\n");
}

/** The bytes of a sound answer of JSON, one for each character. */
export function answerOf(status: number, json: string, moreHeaders = ""): string {
  const { length } = json;
  return `HTTP/1.1 ${status} Any\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n${moreHeaders}\r\n${json}`;
}

export interface Canary {
  readonly port: number;
  /** Bytes written to it, connection by connection. */
  readonly touched: string[];
  stop(): Promise<void>;
}

/** Notices every connection, whatever is spoken on it, and answers as a kind web server would. */
export async function startCanary(): Promise<Canary> {
  const touched: string[] = [];
  const server = createTcpServer((socket) => {
    const index = touched.push("") - 1;
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      touched[index] += bytes.toString("latin1");
      socket.end(answerOf(200, "{}"));
    });
  });
  const port = await listen(server);
  return {
    port,
    touched,
    async stop() {
      const closed = once(server, "close");
      server.close();
      await closed;
    },
  };
}

async function listen(server: ReturnType<typeof createTcpServer>): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}
