import { Buffer } from "node:buffer";
import { setInterval } from "node:timers/promises";
import type { Refusal, Route } from "./adapter.ts";
import type { Exchange } from "./answering.ts";
import { answerNormally, generateEvents, generateText, sendAnswer } from "./answering.ts";
import type { Behaviour } from "./keys.ts";

const DRIP_INTERVAL_MS = 20;
const FIRST_EVENTS = 3;

/** Answers one authenticated request the way the key's behaviour says. */
export async function play(behaviour: Behaviour, exchange: Exchange): Promise<void> {
  const refusal = refusalOf(behaviour, exchange.route);
  if (refusal !== null) return refuse(exchange, refusal);
  switch (behaviour) {
    case "hangs":
      return;
    case "resets":
      return exchange.hangUp("reset");
    case "redirects":
      return redirect(exchange);
    case "edge_blocked":
      return blockAtEdge(exchange);
    case "garbage":
      return sendRaw(exchange, 200, "text/html", "<!doctype html><title>Welcome</title><p>This is no API.</p>\n");
    case "broken_json":
      return sendRaw(exchange, 200, "application/json", '{"object":"list","data":[{"id":"');
    case "echoes":
      return echoKey(exchange);
    case "cut":
      return cut(exchange);
    case "stalls":
      return stall(exchange);
    case "drips":
      return drip(exchange);
    case "cookies":
      return answerNormally(exchange, INTERNAL_HEADERS);
    default:
      return answerNormally(exchange);
  }
}

function refusalOf(behaviour: Behaviour, { kind }: Route): Refusal | null {
  switch (behaviour) {
    case "rejected":
    case "forbidden":
    case "rate_limited":
    case "overloaded":
    case "unavailable":
      return behaviour;
    case "restricted":
      return kind === "listing" ? "scope_missing" : null;
    case "no_credit":
      return kind === "generation" ? behaviour : null;
    default:
      return null;
  }
}

function refuse({ adapter, request, response, key }: Exchange, refusal: Refusal): void {
  sendAnswer(response, adapter, adapter.refuse(refusal, request, key));
}

function blockAtEdge(exchange: Exchange): void {
  const block = exchange.adapter.edgeBlock?.();
  if (block) return sendAnswer(exchange.response, exchange.adapter, block);
  sendRaw(exchange, 403, "text/plain; charset=UTF-8", "error code: 1010");
}

function sendRaw({ response }: Exchange, status: number, contentType: string, body: string): void {
  response.writeHead(status, { "content-type": contentType, "content-length": Buffer.byteLength(body) }).end(body);
}

function redirect({ request, response, elsewhere }: Exchange): void {
  const status = request.method === "GET" ? 302 : 307;
  response.writeHead(status, { location: `${elsewhere}${request.path}`, "content-length": 0 }).end();
}

function echoKey({ adapter, response, key }: Exchange): void {
  const forms = `${key} | ${encodeURIComponent(key)} | ${JSON.stringify(key)}`;
  sendAnswer(response, adapter, adapter.badRequest(`Unexpected credential: ${forms}`));
}

/** Headers that a provider's edge and servers add and a relay must not hand on. */
const INTERNAL_HEADERS = {
  "set-cookie": ["__cf_bm=fake; path=/; HttpOnly; Secure", "_cfuvid=fake; path=/; HttpOnly; Secure"],
  "access-control-allow-origin": "*",
  "alt-svc": 'h3=":443"; ma=86400',
  "cf-ray": "0000000000000000-FRA",
  server: "cloudflare",
  "strict-transport-security": "max-age=31536000",
  via: "1.1 fake",
  "x-internal-host": "node-7.internal",
};

/** Breaks off in the middle of an answer of the generator; other paths work. */
async function cut(exchange: Exchange): Promise<void> {
  const { route } = exchange;
  if (!route.forward) return answerNormally(exchange);
  if (route.streams) return cutStream(exchange);
  const body = await generateText(exchange);
  if (body === null) return;
  const bytes = Buffer.from(body);
  head(exchange, { "content-type": "application/json", "content-length": bytes.byteLength });
  await write(exchange, bytes.subarray(0, bytes.byteLength / 2));
  exchange.hangUp("close");
}

async function cutStream(exchange: Exchange): Promise<void> {
  const events = await generateEvents(exchange);
  if (events.length === 0) return;
  head(exchange, { "content-type": "text/event-stream" });
  await write(exchange, events.slice(0, FIRST_EVENTS).join(""));
  exchange.hangUp("close");
}

/** Begins a stream and never goes on; an answer that is not streamed works. */
async function stall(exchange: Exchange): Promise<void> {
  if (!exchange.route.streams) return answerNormally(exchange);
  const events = await generateEvents(exchange);
  if (events.length === 0) return;
  head(exchange, { "content-type": "text/event-stream" });
  await write(exchange, events.slice(0, FIRST_EVENTS).join(""));
}

/** Repeats the middle event, which is a piece of text, until the client has had enough. */
async function drip(exchange: Exchange): Promise<void> {
  if (!exchange.route.streams) return answerNormally(exchange);
  const events = await generateEvents(exchange);
  if (events.length === 0) return;
  const middle = Math.floor(events.length / 2);
  head(exchange, { "content-type": "text/event-stream" });
  await write(exchange, events.slice(0, middle).join(""));
  for await (const event of setInterval(DRIP_INTERVAL_MS, events[middle], { signal: exchange.signal })) {
    await write(exchange, event ?? "");
  }
}

function head({ adapter, response }: Exchange, headers: Record<string, string | number>): void {
  response.writeHead(200, { ...adapter.headers(), ...headers });
}

/** Resolves once the bytes have left the process, so that hanging up afterwards does not swallow them. */
function write({ response }: Exchange, chunk: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    response.write(chunk, (error) => (error ? reject(error) : resolve()));
  });
}
