import { Buffer } from "node:buffer";
import { once } from "node:events";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import type { Adapter, Answer, ReceivedRequest, Route } from "./adapter.ts";
import { credentialsOf } from "./adapter.ts";
import { sendAnswer } from "./answering.ts";
import { play } from "./behaviours.ts";
import { CONTROL_PREFIX, control } from "./control.ts";
import { refuseModel } from "./endpoints/served-models.ts";
import type { Generator } from "./generator.ts";
import type { Behaviour } from "./keys.ts";
import { behaviourOf } from "./keys.ts";
import { leakedHeader } from "./leaks.ts";
import { Recorder } from "./recording.ts";
import { type Script, scriptedAnswer } from "./script.ts";

export interface FrontOptions {
  port: number;
  checksLeaks: boolean;
  /** Called for the origin that redirects point at. */
  elsewhere: () => string;
}

// Pooled connections of a client must not be closed just as it picks one of them again.
const KEEP_ALIVE_MS = 65_000;

/** The server on 127.0.0.1 that stands for one provider. */
export class Front {
  readonly #adapter: Adapter;
  readonly #generator: Generator;
  readonly #options: FrontOptions;
  readonly #recorder = new Recorder();
  readonly #changes = new Map<string, Behaviour>();
  readonly #scripts = new Map<string, Script>();
  readonly #stopping = new AbortController();
  readonly #server: http.Server;

  constructor(adapter: Adapter, generator: Generator, options: FrontOptions) {
    this.#adapter = adapter;
    this.#generator = generator;
    this.#options = options;
    this.#server = http.createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (incoming, response) => {
      const request = headOf(incoming);
      const handle = request.path.startsWith(CONTROL_PREFIX) ? this.#control : this.#serve;
      handle.call(this, incoming, response, request).catch((error) => fail(error, incoming, response));
    });
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async start(): Promise<void> {
    this.#server.listen(this.#options.port, "127.0.0.1");
    await once(this.#server, "listening");
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  #control(incoming: http.IncomingMessage, response: http.ServerResponse, request: ReceivedRequest) {
    const signal = AbortSignal.any([over(response), this.#stopping.signal]);
    return control(incoming, response, request, {
      recorder: this.#recorder,
      changes: this.#changes,
      scripts: this.#scripts,
      signal,
    });
  }

  async #serve(incoming: http.IncomingMessage, response: http.ServerResponse, request: ReceivedRequest) {
    const recorded = this.#recorder.begin(incoming, request, credentialsOf(request));
    let hungUp = false;
    response.on("close", () => {
      const finished = response.writableFinished;
      const status = response.headersSent ? response.statusCode : null;
      this.#recorder.end(recorded, { status, finished, clientGone: !finished && !hungUp });
    });
    const signal = over(response);
    request.body = await buffer(incoming);
    this.#recorder.addBody(recorded, request.body);
    const hangUp = (how: "close" | "reset") => {
      hungUp = true;
      if (how === "reset") incoming.socket.resetAndDestroy();
      else incoming.socket.destroy();
    };
    const admission = this.#admit(request);
    if ("refusal" in admission) return sendAnswer(response, this.#adapter, admission.refusal);
    const { behaviour, key, route } = admission;
    const origin = {
      adapter: this.#adapter,
      generator: this.#generator,
      elsewhere: this.#options.elsewhere(),
    };
    await play(behaviour, { ...origin, request, route, key, response, signal, hangUp });
  }

  /**
   * Checks what comes before a key's behaviour: leaks, the credential, the path, the provider's own rules.
   */
  #admit(request: ReceivedRequest): Admission | { refusal: Answer } {
    const adapter = this.#adapter;
    const leaked = this.#options.checksLeaks ? leakedHeader(request) : null;
    if (leaked !== null) return { refusal: adapter.badRequest(`fake: leaked header ${leaked}`) };
    const open = adapter.answerWithoutKey?.(request);
    if (open) return { refusal: open };
    const authenticated = adapter.authenticate(request);
    if ("refusal" in authenticated) return authenticated;
    const { key } = authenticated;
    const route = adapter.route(request);
    const script = this.#scripts.get(key);
    if (script) {
      const asked = { ...request, body: request.body.toString("utf8") };
      return { refusal: scriptedAnswer(adapter.id, script, asked) };
    }
    if (adapter.listsToAnyone && route?.kind === "listing") return { key, behaviour: "works", route };
    const behaviour = this.#changes.get(key) ?? behaviourOf(adapter.id, key);
    if (behaviour === null || behaviour === "rejected") {
      return { refusal: adapter.refuse("rejected", request, key) };
    }
    if (route === null) return { refusal: adapter.refuse("not_found", request, key) };
    const unserved = route.kind === "generation" ? refuseModel(adapter.id, request) : null;
    const complaint = adapter.complain?.(request) ?? unserved;
    return complaint === null ? { key, behaviour, route } : { refusal: complaint };
  }
}

interface Admission {
  key: string;
  behaviour: Behaviour;
  route: Route;
}

/** Returns a signal that is aborted once either side has ended the response. */
function over(response: http.ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.on("close", () => controller.abort());
  return controller.signal;
}

/** Takes the path as it was sent: a URL parser would tidy it up, and hide what a relay let through. */
function headOf(incoming: http.IncomingMessage): ReceivedRequest {
  const [, path = "", query = ""] = /^([^?]*)\??(.*)$/.exec(incoming.url ?? "") ?? [];
  const headers = Object.entries(incoming.headers).map(([name, value]) => [name, String(value)] as const);
  return {
    method: incoming.method ?? "",
    path,
    query: new URLSearchParams(query),
    headers: Object.fromEntries(headers),
    body: Buffer.alloc(0),
  };
}

/** A client that left makes reading and writing fail, which is no fault of the fake. */
function fail(error: unknown, incoming: http.IncomingMessage, response: http.ServerResponse): void {
  if (response.destroyed || incoming.socket.destroyed) return;
  console.error(`fake provider: ${error instanceof Error ? error.message : "failed"}`);
  if (response.headersSent) response.destroy();
  else response.writeHead(500).end();
}
