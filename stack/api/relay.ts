import { Agent, type IncomingMessage, type ServerResponse, request as send } from "node:http";

/** Connections are kept, because opening one for each call would cost more than the call's own work here. */
const agent = new Agent({ keepAlive: true, maxSockets: Infinity });

/** Headers that are about one connection and end with it: https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1. */
const hopByHop = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/**
 * Passes a request on to a server on the loopback address and its answer back, byte by byte as they arrive,
 * with path and headers as they were. Whichever side goes away first, the other is told at once.
 */
export function relay(request: IncomingMessage, response: ServerResponse, to: { port: number; path: string }): void {
  const upstream = send({
    agent,
    host: "127.0.0.1",
    port: to.port,
    method: request.method,
    path: to.path,
    headers: [...passed(request), ...forwarded(request, to.port)],
    setDefaultHeaders: false,
  });
  let isAnswered = false;
  upstream.on("response", (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage, passed(answer));
    // Headers first, even when the first byte of the body is far off.
    response.flushHeaders();
    answer.pipe(response);
    answer.on("error", () => response.destroy());
    answer.on("end", () => {
      if (request.complete) return;
      // Answered before its body was there, as a refusal is. Some clients read nothing before they have sent it all, so the rest is
      // taken and thrown away; the connection to the functions, which do not read it, is of no further use.
      isAnswered = true;
      request.unpipe(upstream);
      request.resume();
      upstream.destroy();
    });
  });
  upstream.on("error", () => {
    if (isAnswered) return;
    if (response.headersSent) return response.destroy();
    response.writeHead(503, { "content-type": "application/json" }).end(unavailable);
    // Some clients read nothing before they have sent it all.
    request.unpipe(upstream);
    request.resume();
  });
  response.on("close", () => {
    if (!response.writableFinished) upstream.destroy();
  });
  // The head goes with the first bytes of the body: Deno 2.9.6 misses the end of a connection whose head came alone.
  request.pipe(upstream);
}

const unavailable = JSON.stringify({ code: "SERVICE_UNAVAILABLE", message: "The functions do not answer" });

/** Names and values in turn, in the order and spelling that they came in. */
function passed({ rawHeaders, headers }: IncomingMessage): string[] {
  const dropped = new Set([...hopByHop, ...(headers.connection ?? "").toLowerCase().split(/\s*,\s*/)]);
  // Where a body ends is not for its sender to hide: what came after it would be the kept connection's next request.
  dropped.delete("content-length");
  return rawHeaders.filter((_, i) => {
    // An even place holds a name, the odd one after it the value.
    const name = rawHeaders[i - (i % 2)]?.toLowerCase() ?? "";
    return !dropped.has(name) && name !== "host" && !name.startsWith("x-forwarded-");
  });
}

function forwarded(request: IncomingMessage, port: number): string[] {
  const { host = "", "transfer-encoding": chunked, upgrade } = request.headers;
  return [
    ["host", `127.0.0.1:${port}`],
    ["x-forwarded-for", request.socket.remoteAddress ?? ""],
    ["x-forwarded-host", host],
    ["x-forwarded-port", String(request.socket.localPort)],
    ["x-forwarded-proto", "http"],
    ...(chunked ? [["transfer-encoding", "chunked"]] : []),
    // A hosted gateway lets functions answer requests for a WebSocket.
    ...(upgrade === "websocket" ? [["upgrade", upgrade]] : []),
  ].flat();
}
