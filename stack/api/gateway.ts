import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { getRequestListener } from "@hono/node-server";
import type { ProjectFunctions } from "../functions/project-functions.ts";
import { relay } from "./relay.ts";
import type { Tokens } from "./tokens.ts";

/** The parts behind the gateway. They come up after it, because they have to be told its address. */
export interface Backends {
  tokens: Tokens;
  dataApi(request: Request, peerAddress: string | null): Promise<Response>;
  functions: Pick<ProjectFunctions, "find">;
  /** Answers what is asked of other addresses, or calls `next` for what it does not know. */
  page?: ((request: IncomingMessage, response: ServerResponse, next: () => void) => void) | undefined;
}

export interface Gateway {
  /** the project's address, `http://127.0.0.1:<port>` */
  url: string;
  /** From now on requests are answered; before, each is told to come back. */
  open(backends: Backends): void;
  stop(): Promise<void>;
}

/** The one HTTP server of the stack: /rest/v1, /auth/v1, /functions/v1 and the page, on the loopback address. */
export async function startGateway(port: number): Promise<Gateway> {
  let backends: Backends | undefined;
  const server = createServer((request, response) => {
    if (backends) void route(request, response, backends);
    else refuse(response, 503, "STARTING", "The local stack is starting", { "retry-after": "1" });
  });
  // A model may think for minutes before its first byte and between two of them.
  server.requestTimeout = 0;
  // A kept connection is the client's to close: one that is closed here just as the client picks it again fails its request.
  server.keepAliveTimeout = 0;
  server.on("clientError", refuseUnreadable);
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    open: (ready) => {
      backends = ready;
    },
    stop: () => close(server),
  };
}

/** Answers bytes that are no request, or end before its body does; Node would answer without a word. */
function refuseUnreadable({ code }: NodeJS.ErrnoException, socket: Duplex): void {
  if (code === "ECONNRESET" || !socket.writable) return void socket.destroy();
  const isCutOff = code === "HPE_INVALID_EOF_STATE";
  const body = JSON.stringify({
    code: isCutOff ? "INCOMPLETE_REQUEST" : "BAD_REQUEST",
    message: isCutOff ? "The request ended before its announced length" : "This is not an HTTP request",
  });
  socket.end(
    `HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  );
}

async function close(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}

async function route(request: IncomingMessage, response: ServerResponse, backends: Backends) {
  const target = request.url ?? "/";
  if (/^\/(rest|auth)\/v1(\/|\?|$)/.test(target)) {
    await getRequestListener((incoming) => backends.dataApi(incoming, request.socket.remoteAddress ?? null))(
      request,
      response,
    );
    return;
  }
  const slug = /^\/functions\/v1\/([^/?]+)/.exec(target)?.[1];
  if (slug === undefined) {
    const refuseAddress = () => refuse(response, 404, "NOT_FOUND", "There is nothing at this address");
    if (backends.page) backends.page(request, response, refuseAddress);
    else refuseAddress();
    return;
  }
  const called = backends.functions.find(slug);
  if (!called) return refuse(response, 404, "NOT_FOUND", "Requested function was not found");
  const checksToken = called.verify_jwt && request.method !== "OPTIONS";
  const refusal = checksToken ? await tokenTrouble(request, backends.tokens) : undefined;
  if (refusal) return refuse(response, 401, ...refusal);
  let port: number;
  try {
    port = await called.takeRequest();
  } catch {
    return refuse(response, 503, "BOOT_ERROR", "Function failed to start (please check logs)");
  }
  // A client may have left meanwhile.
  if (!response.destroyed) relay(request, response, { port, path: target.slice("/functions/v1".length) });
}

/** The platform's own check, for functions with `verify_jwt = true`. */
async function tokenTrouble(
  request: IncomingMessage,
  tokens: Tokens,
): Promise<[code: string, message: string] | undefined> {
  const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? "")?.[1];
  if (!token) return ["UNAUTHORIZED_NO_AUTH_HEADER", "Missing authorization header"];
  try {
    await tokens.verify(token);
    return undefined;
  } catch {
    return ["UNAUTHORIZED_INVALID_JWT_FORMAT", "Invalid JWT"];
  }
}

function refuse(response: ServerResponse, status: number, code: string, message: string, headers = {}): void {
  response.writeHead(status, {
    "content-type": "application/json",
    "access-control-allow-origin": "*",
    ...headers,
  });
  response.end(JSON.stringify({ code, message }));
}
