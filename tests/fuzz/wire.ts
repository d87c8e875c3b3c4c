/** HTTP as bytes on a socket, since no client would send what is sent here, nor show what comes back as it came. */
import { connect } from "node:net";
import { sent } from "./drawing.ts";

/** Answer up to the end of the connection, of the answer itself, or of patience. */
export interface WireAnswer {
  /** Null where nothing came that begins like an answer. */
  readonly status: number | null;
  /** Names in lower case; the last of each. */
  readonly headers: Readonly<Record<string, string>>;
  /** As it came, chunk sizes included. */
  readonly body: string;
  /** All bytes, head included, one character each. */
  readonly bytes: string;
  /** Whether the server ended the connection. */
  readonly isEnded: boolean;
}

/** How long a server may say nothing to what it may rightly take for the beginning of a request, in ms. */
const patience_ms = 3_000;

/**
 * Writes the pieces, one after the other as the server takes them, and reads one answer, or all until the connection ends.
 *
 * @param pieces a text is written one byte a character, so that it can hold any bytes
 */
export async function exchange(
  port: number,
  pieces: string | Iterable<string | Buffer> | AsyncIterable<string | Buffer>,
  { until = "answered", patience = patience_ms }: { until?: "answered" | "closed"; patience?: number } = {},
): Promise<WireAnswer> {
  sent.requests++;
  const socket = connect(port, "127.0.0.1");
  const received: Buffer[] = [];
  const over = Promise.withResolvers<void>();
  let isEnded = false;
  socket.setTimeout(patience, () => over.resolve());
  socket.on("data", (bytes) => {
    received.push(bytes);
    if (until === "answered" && isWhole(Buffer.concat(received).toString("latin1"))) over.resolve();
  });
  // A server that has answered may close before it has read everything: what it said counts all the same.
  socket.on("error", () => over.resolve());
  socket.on("end", () => (isEnded = true));
  socket.on("close", () => over.resolve());
  void write(socket, typeof pieces === "string" ? [pieces] : pieces);
  await over.promise;
  socket.destroy();
  return { ...parse(Buffer.concat(received).toString("latin1")), isEnded };
}

async function write(
  socket: ReturnType<typeof connect>,
  pieces: Iterable<string | Buffer> | AsyncIterable<string | Buffer>,
): Promise<void> {
  for await (const piece of pieces) {
    if (socket.destroyed) return;
    const bytes = typeof piece === "string" ? Buffer.from(piece, "latin1") : piece;
    await new Promise<void>((resolve) => socket.write(bytes, () => resolve()));
  }
}

/** The bytes of a request. `host` and `connection: close` are added unless they are among the headers. */
export function requestOf(
  method: string,
  target: string,
  headers: readonly (readonly [name: string, value: string])[] = [],
  body = "",
): string {
  const given = headers.map(([name]) => name.toLowerCase());
  const usual = [
    ["host", "127.0.0.1"],
    ["connection", "close"],
    ...(body === "" ? [] : [["content-length", String(body.length)]]),
  ].filter(([name]) => !given.includes(name!));
  const lines = [...usual, ...headers].map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return `${method} ${target} HTTP/1.1\r\n${lines}\r\n${body}`;
}

function parse(bytes: string): Omit<WireAnswer, "isEnded"> {
  const [head = "", body = ""] = split(bytes);
  const [first = "", ...fields] = head.split("\r\n");
  const status = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(first)?.[1];
  const headers = fields.map((field) => /^([^:]*): ?(.*)$/s.exec(field)?.slice(1) ?? [field, ""]);
  return {
    status: status === undefined ? null : Number(status),
    headers: Object.fromEntries(headers.map(([name = "", value = ""]) => [name.toLowerCase(), value])),
    body,
    bytes,
  };
}

function split(bytes: string): [head: string, body: string] {
  const end = bytes.indexOf("\r\n\r\n");
  return end === -1 ? [bytes, ""] : [bytes.slice(0, end), bytes.slice(end + 4)];
}

/** Whether an answer is there to its end, as far as its own headers tell. */
function isWhole(bytes: string): boolean {
  if (!bytes.includes("\r\n\r\n")) return false;
  const { body, headers, status } = parse(bytes);
  if (status === 204 || status === 304) return true;
  if (headers["transfer-encoding"] === "chunked") return /(?:^|\r\n)0\r\n\r\n$/.test(body);
  return headers["content-length"] !== undefined && body.length >= Number(headers["content-length"]);
}
