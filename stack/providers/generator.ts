import { Buffer } from "node:buffer";
import * as http from "node:http";
import type { ChatCompletionRequest, ChatMessage } from "@copilotkit/aimock";
import { LLMock } from "@copilotkit/aimock";
import { sampleOf } from "./endpoints/structured.ts";
import type { ProviderId } from "./keys.ts";

/** Speaks the generation APIs of all providers; the fakes stand in front of it. */
export interface Generator {
  /** Sends a request on; resolves with the response's head, its body still to be read. */
  send(request: GeneratorRequest): Promise<http.IncomingMessage>;
  stop(): Promise<void>;
}

export interface GeneratorRequest {
  provider: ProviderId;
  method: string;
  path: string;
  contentType: string | undefined;
  body: Buffer;
  /** The form that the answer has to keep to; null for plain text. */
  schema: Record<string, unknown> | null;
  signal: AbortSignal;
}

/** The circumstances of the generator's answer beside the request, which it knows in a form of its own only. */
type Context = Pick<GeneratorRequest, "provider" | "schema">;

/** Starts the generator on a free port of 127.0.0.1. It keeps no keys: the fakes pass none on. */
export async function startGenerator(): Promise<Generator> {
  const mock = new LLMock({ host: "127.0.0.1", port: 0, logLevel: "silent", journalMaxEntries: 1 });
  mock.addFixture({
    match: { predicate: ({ _endpointType }) => _endpointType === undefined || _endpointType === "chat" },
    response: answerTo,
    chunkSize: 1,
  });
  mock.onSpeech(/[\s\S]*/, { audio: Buffer.from("RIFF\0\0\0\0WAVE fake").toString("base64"), format: "wav" });
  const origin = await mock.start();
  const agent = new http.Agent({ keepAlive: true });
  return {
    send: (request) => send(origin, agent, request),
    async stop() {
      agent.destroy();
      await mock.stop();
    },
  };
}

function send(origin: string, agent: http.Agent, request: GeneratorRequest): Promise<http.IncomingMessage> {
  const { provider, schema, method, path, contentType = "application/json", body, signal } = request;
  const context: Context = { provider, schema };
  const headers = {
    "content-type": contentType,
    "content-length": body.byteLength,
    "x-aimock-context": Buffer.from(JSON.stringify(context)).toString("base64"),
  };
  return new Promise((resolve, reject) => {
    const sent = http.request(`${origin}${path}`, { method, headers, agent, signal }, resolve);
    sent.on("error", (error) => {
      // The generator may end a kept connection in the moment in which it is taken again: https://nodejs.org/api/http.html#requestreusedsocket
      if (sent.reusedSocket && !signal.aborted) resolve(send(origin, agent, request));
      else reject(error);
    });
    sent.end(body);
  });
}

/** How many characters the fakes count as one token, as providers do on average. */
export const CHARACTERS_PER_TOKEN = 4;

const ECHO_MAX_CHARACTERS = 200;

export function countTokens(text: string): number {
  return Math.ceil(text.length / CHARACTERS_PER_TOKEN);
}

function answerTo(request: ChatCompletionRequest) {
  const context = Buffer.from(request._context ?? "", "base64").toString("utf8");
  const { provider, schema } = JSON.parse(context) as Context;
  const last = request.messages.at(-1);
  const asked = textOf(request.messages.findLast(({ role }) => role === "user"));
  const prompt_tokens = countTokens(request.messages.map(textOf).join(" "));
  const tool = request.tools?.[0];
  if (tool !== undefined && last?.role !== "tool" && /use the tool/i.test(asked)) {
    const toolArguments = JSON.stringify(sampleOf(tool.function.parameters));
    return {
      toolCalls: [{ name: tool.function.name, arguments: toolArguments }],
      usage: usage(prompt_tokens, countTokens(toolArguments)),
      // Google has no finish reason for tool calls; the others' own one is the generator's default.
      ...(provider === "google" ? { finishReason: "STOP" } : {}),
    };
  }
  const echo = `Echo: ${(last?.role === "tool" ? textOf(last) : asked).slice(0, ECHO_MAX_CHARACTERS)}`;
  const full = schema === null ? echo : JSON.stringify(sampleOf(schema));
  const content = full.slice(0, maxTokens(request) * CHARACTERS_PER_TOKEN);
  const finishReason = content.length < full.length ? "length" : "stop";
  return { content, finishReason, usage: usage(prompt_tokens, countTokens(content)) };
}

function usage(prompt_tokens: number, completion_tokens: number) {
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens };
}

function maxTokens(request: ChatCompletionRequest): number {
  const limit = request["max_completion_tokens"] ?? request.max_tokens;
  return typeof limit === "number" && limit > 0 ? limit : Infinity;
}

function textOf(message: ChatMessage | undefined): string {
  const content = message?.content ?? "";
  return typeof content === "string" ? content : content.map(({ text }) => text ?? "").join("");
}
