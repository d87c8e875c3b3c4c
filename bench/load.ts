/** Load: HTTP/1.1 over kept connections, one request at a time on each, with as little work for a request as can be. */
import { connect, type Socket } from "node:net";

export interface Target {
  readonly port: number;
  readonly path: string;
  /** Headers of one of many users. */
  headers(user: number): Record<string, string>;
}

/** The times of one request, in ms since it was sent. */
export interface Sample {
  readonly firstByte_ms: number;
  readonly end_ms: number;
  /** Times between the arrivals of a streamed body's pieces. */
  readonly gaps_ms: readonly number[];
}

/** Sends requests with this question for a while, as many at once as said, or just `requests` of them; all samples. */
export async function load(
  target: Target,
  question: string,
  {
    inFlight,
    duration_ms = Infinity,
    requests = Infinity,
  }: { inFlight: number; duration_ms?: number; requests?: number },
): Promise<Sample[]> {
  const samples: Sample[] = [];
  const end = performance.now() + duration_ms;
  let left = requests;
  const work = async (_: unknown, user: number) => {
    const connection = new Connection(target.port);
    const request = requestText(target, user, question);
    while (left-- > 0 && performance.now() < end) samples.push(await connection.ask(request));
    connection.close();
  };
  await Promise.all(Array.from({ length: inFlight }, work));
  return samples;
}

function requestText(target: Target, user: number, question: string): string {
  const stream = question.startsWith("stream");
  const body = JSON.stringify({ model: "gpt-4.1-mini", messages: [{ role: "user", content: question }], stream });
  const headers = {
    host: `127.0.0.1:${target.port}`,
    "content-type": "application/json",
    "content-length": String(body.length),
    ...target.headers(user),
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST ${target.path} HTTP/1.1\r\n${lines.join("")}\r\n${body}`;
}

class Connection {
  readonly #socket: Socket;
  #onData: (chunk: Buffer) => void = () => undefined;
  #onFailure: (error: Error) => void = () => undefined;

  constructor(port: number) {
    this.#socket = connect({ port, host: "127.0.0.1", noDelay: true });
    this.#socket.on("data", (chunk: Buffer) => this.#onData(chunk));
    this.#socket.on("error", (error) => this.#onFailure(error));
    this.#socket.on("close", () => this.#onFailure(new Error("The connection was closed before the answer ended.")));
  }

  close(): void {
    this.#onFailure = () => undefined;
    this.#socket.destroy();
  }

  /** @throws Error for any status but 200 */
  ask(request: string): Promise<Sample> {
    return new Promise((resolve, reject) => {
      const sent = performance.now();
      const gaps_ms: number[] = [];
      let firstByte_ms = 0;
      let last = 0;
      let head = "";
      let missing = -1;
      let tail = "";
      this.#onFailure = reject;
      this.#onData = (chunk) => {
        const now = performance.now() - sent;
        let body = chunk;
        if (missing === -1) {
          head += chunk.toString("latin1");
          const headLength = head.indexOf("\r\n\r\n");
          if (headLength === -1) return;
          if (!head.startsWith("HTTP/1.1 200")) return reject(new Error(`The answer is ${head.slice(0, 400)}`));
          body = Buffer.from(head.slice(headLength + 4), "latin1");
          const length = /^content-length: (\d+)/im.exec(head.slice(0, headLength))?.[1];
          missing = length === undefined ? Infinity : Number(length);
          if (body.length === 0 && missing > 0) return;
        }
        if (firstByte_ms === 0) firstByte_ms = now;
        else gaps_ms.push(now - last);
        last = now;
        missing -= body.length;
        // A chunked body ends with a chunk of no length, which may come in two pieces.
        if (missing === Infinity) tail = (tail + body.toString("latin1", Math.max(0, body.length - 7))).slice(-7);
        if (missing <= 0 || tail.endsWith("\r\n0\r\n\r\n")) resolve({ firstByte_ms, end_ms: now, gaps_ms });
      };
      this.#socket.write(request);
    });
  }
}
