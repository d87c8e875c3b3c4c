/** HTTP by hand, for what no client would send: paths that a URL parser tidies up, and bodies in instalments. */
import { once } from "node:events";
import { type ClientRequest, type IncomingMessage, request as open } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";

export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** Sends a request target exactly as it is written. */
export async function sendRaw(
  origin: string,
  { method = "GET", target, headers = {} }: { method?: string; target: string; headers?: Record<string, string> },
): Promise<RawAnswer> {
  const { hostname, port, host } = new URL(origin);
  const socket = connect(Number(port), hostname);
  const lines = Object.entries({ host, connection: "close", ...headers }).map(([name, value]) => `${name}: ${value}`);
  socket.write(`${[`${method} ${target} HTTP/1.1`, ...lines].join("\r\n")}\r\n\r\n`);
  const answer = await text(socket);
  const [head = "", body = ""] = answer.split(/\r\n\r\n([\s\S]*)/);
  const [statusLine = "", ...fields] = head.split("\r\n");
  return {
    status: Number(statusLine.split(" ")[1]),
    headers: new Headers(fields.map((field) => field.split(/: ?([\s\S]*)/, 2) as [string, string])),
    body,
  };
}

/** A request whose body is written piece by piece. */
export function openRequest(url: string, method: string, headers: Record<string, string | number>): ClientRequest {
  const request = open(url, { method, headers, agent: false });
  request.flushHeaders();
  return request;
}

export async function answerTo(request: ClientRequest): Promise<IncomingMessage> {
  const [answer] = (await once(request, "response")) as [IncomingMessage];
  return answer;
}
