import type { Buffer } from "node:buffer";
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { type Adapter, type Answer, jsonBody, type ReceivedRequest, type Route } from "./adapter.ts";
import { schemaIn } from "./endpoints/structured.ts";
import type { Generator } from "./generator.ts";

/** One request on its way to an answer. */
export interface Exchange {
  adapter: Adapter;
  request: ReceivedRequest;
  route: Route;
  key: string;
  response: ServerResponse;
  generator: Generator;
  /** Another origin, where a redirect may point. */
  elsewhere: string;
  /** Aborted once either side has ended the exchange. */
  signal: AbortSignal;
  /** Ends the connection from the fake's side, so that it is not taken for a client that left. */
  hangUp(how: "close" | "reset"): void;
}

/** Sends a complete answer with the provider's usual headers. */
export function sendAnswer(response: ServerResponse, adapter: Adapter, answer: Answer): void {
  const { body, status } = answer;
  const isRaw = typeof body === "string" || body instanceof Uint8Array;
  const payload = isRaw ? body : JSON.stringify(body);
  response.writeHead(status, {
    ...adapter.headers(),
    "content-type": "application/json",
    "content-length": typeof payload === "string" ? new TextEncoder().encode(payload).length : payload.byteLength,
    ...answer.headers,
  });
  response.end(payload);
}

/** Answers as the provider does for a key that works. */
export async function answerNormally(exchange: Exchange, extraHeaders: OutgoingHttpHeaders = {}): Promise<void> {
  const { adapter, response, route, key } = exchange;
  for (const [name, value] of Object.entries(extraHeaders)) response.setHeader(name, value ?? "");
  if (route.answer) return sendAnswer(response, adapter, await route.answer(key));
  const generated = await generate(exchange);
  if (generated === null) return;
  response.writeHead(200, { ...adapter.headers(), "content-type": generated.headers["content-type"] });
  if (!route.streams || !adapter.eventMapper) return pipeline(generated, response);
  for await (const event of events(exchange, generated)) response.write(event);
  response.end();
}

/** Returns the complete list of events that a streamed answer to this request consists of. */
export async function generateEvents(exchange: Exchange): Promise<string[]> {
  const generated = await generate(exchange);
  const list: string[] = [];
  if (generated !== null) for await (const event of events(exchange, generated)) list.push(event);
  return list;
}

/** Returns the complete JSON answer, or null where the request was malformed and has been refused. */
export async function generateText(exchange: Exchange): Promise<string | null> {
  const generated = await generate(exchange);
  return generated === null ? null : text(generated);
}

async function generate(exchange: Exchange): Promise<IncomingMessage | null> {
  const { adapter, request, route, response, generator, signal } = exchange;
  if (!route.forward) throw new Error(`${request.method} ${request.path} has no generator path`);
  const body: Buffer = route.forward.body ?? request.body;
  const contentType = request.headers["content-type"];
  const { path } = route.forward;
  const generated = await generator.send({
    provider: adapter.id,
    method: request.method,
    path,
    contentType,
    body,
    schema: schemaIn(jsonBody(request)),
    signal,
  });
  if (generated.statusCode === 200) return generated;
  const { error } = JSON.parse(await text(generated)) as { error?: { message?: string } };
  sendAnswer(response, adapter, adapter.badRequest(error?.message ?? "Bad request"));
  return null;
}

async function* events(exchange: Exchange, stream: IncomingMessage): AsyncGenerator<string> {
  const map = exchange.adapter.eventMapper?.(exchange.request) ?? ((event: string) => [event]);
  let rest = "";
  for await (const chunk of stream.setEncoding("utf8")) {
    const parts = (rest + String(chunk)).split("\n\n");
    rest = parts.pop() ?? "";
    for (const part of parts) yield* map(`${part}\n\n`);
  }
  if (rest !== "") yield* map(rest);
}
