/**
 * A provider that answers each call as far as a test lets it. The fakes of stack/providers do one thing for each API key; here
 * many calls on one key, the platform's, stand still at different points at the same time.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";

/** How far an answer has come, in order: nothing at all, its headers, some of its events, all of them, and its end. */
export const stages = ["silence", "headers", "middle", "last event", "end"] as const;
export type Stage = (typeof stages)[number];

/** Ends of an answer that does not go on: an error status, or a connection that closes. */
export type Failure = "refusal" | "break";

export interface ScriptedProvider {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string;
  /** Makes the answer to the call whose prompt is `name` stop at a stage, or fail. A call without a name here gets all at once. */
  stopAt(name: string, at: Stage | Failure, options?: AnswerOptions): Answer;
  stop(): Promise<void>;
}

export interface AnswerOptions {
  /** Added to the true length and sent as content-length; without it the answer is chunked. */
  readonly excessLength?: number;
}

/** The answer to one call. */
export interface Answer {
  /** Resolves when the question is there. */
  readonly asked: Promise<void>;
  /** How often the question came. */
  readonly times: number;
  /** Lets the answer go on to a later stage, or fail where it is. */
  goOn(to: Stage | Failure): void;
}

export async function startScriptedProvider(): Promise<ScriptedProvider> {
  const scripts = new Map<string, Script>();
  const server = createServer((request, response) => {
    // A function that was killed makes reading and writing fail.
    answer(request, response, scripts).catch(() => response.destroy());
  });
  // Or a kept connection could be closed just as a function picks it again, and then its call fails.
  server.keepAliveTimeout = 0;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stopAt(name, at, options = {}) {
      const script = new Script(at, options);
      scripts.set(name, script);
      return script;
    },
    async stop() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

class Script implements Answer {
  readonly options: AnswerOptions;
  times = 0;
  readonly #asked = Promise.withResolvers<void>();
  #goal: Stage | Failure;
  #changed = Promise.withResolvers<void>();

  constructor(goal: Stage | Failure, options: AnswerOptions) {
    this.#goal = goal;
    this.options = options;
  }

  get asked(): Promise<void> {
    return this.#asked.promise;
  }

  arrive(): void {
    this.times++;
    this.#asked.resolve();
  }

  goOn(to: Stage | Failure): void {
    this.#goal = to;
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  /** Resolves when the answer may come to a stage, with how it fails if it shall not. */
  async may(reach: Stage): Promise<Failure | "reach"> {
    for (;;) {
      const goal = this.#goal;
      if (goal === "refusal" || goal === "break") return goal;
      if (stages.indexOf(goal) >= stages.indexOf(reach)) return "reach";
      await this.#changed.promise;
    }
  }
}

const events = ["Once", " upon", " a", " time"].map(
  (content) => `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`,
);
const parts: Record<Stage, string> = {
  silence: "",
  headers: "",
  middle: events.slice(0, 2).join(""),
  "last event": `${events.slice(2).join("")}data: [DONE]\n\n`,
  end: "",
};
/** All that an answer says when it is not stopped. */
export const wholeAnswer = Object.values(parts).join("");
/** An answer up to a stage. */
export function answerUpTo(stage: Stage): string {
  return stages
    .slice(0, stages.indexOf(stage) + 1)
    .map((name) => parts[name])
    .join("");
}

async function answer(request: IncomingMessage, response: ServerResponse, scripts: Map<string, Script>): Promise<void> {
  if (request.method === "GET")
    return send(response, 200, {
      object: "list",
      data: [{ id: "gpt-4.1-nano" }],
    });
  const question = (await json(request)) as {
    messages: { content: string }[];
    stream?: boolean;
  };
  if (!question.stream) return send(response, 200, { choices: [{ message: { content: "Hi" } }] });
  const script = scripts.get(question.messages[0]?.content ?? "") ?? new Script("end", {});
  script.arrive();
  for (const stage of stages.slice(1)) {
    const how = await script.may(stage);
    if (how === "break") return void request.socket.destroy();
    if (how === "refusal")
      return send(response, 503, {
        error: { message: "The engine is overloaded." },
      });
    if (stage === "headers") {
      const { excessLength } = script.options;
      const length =
        excessLength === undefined ? {} : { "content-length": Buffer.byteLength(wholeAnswer) + excessLength };
      response.writeHead(200, { "content-type": "text/event-stream", ...length }).flushHeaders();
    }
    if (parts[stage]) await new Promise((written) => response.write(parts[stage], written));
  }
  response.end();
  // A connection that is kept would leave the receiver waiting for what was announced and never comes.
  if ((script.options.excessLength ?? 0) > 0) request.socket.destroySoon();
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
