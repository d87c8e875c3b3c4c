import type { IncomingMessage, ServerResponse } from "node:http";
import { json } from "node:stream/consumers";
import { setImmediate } from "node:timers/promises";
import type { ReceivedRequest } from "./adapter.ts";
import type { Behaviour } from "./keys.ts";
import { isBehaviour } from "./keys.ts";
import type { Recorder } from "./recording.ts";
import { isScript, type Script } from "./script.ts";

/** Paths below this are for tests, and no part of any provider. */
export const CONTROL_PREFIX = "/__fake/";

const DEPARTURE_TIMEOUT_MS = 10_000;

interface ControlState {
  recorder: Recorder;
  changes: Map<string, Behaviour>;
  scripts: Map<string, Script>;
  signal: AbortSignal;
}

/**
 * Answers what tests ask of a fake:
 *
 * - `GET /__fake/requests?key=` the requests with this key, or all; with `&gone=1` once a client has left
 *   one of them before its end, or 504 after 10 s;
 * - `DELETE /__fake/requests?key=` forgets them;
 * - `POST /__fake/behaviour` `{key, behaviour}` changes what a key does from now on, and ends a script;
 * - `POST /__fake/script` `{key, script}` has a key answered word for word from now on.
 */
export async function control(
  incoming: IncomingMessage,
  response: ServerResponse,
  { method, path, query }: ReceivedRequest,
  state: ControlState,
): Promise<void> {
  switch (`${method} ${path}`) {
    case "GET /__fake/requests":
      return listRequests(response, query, state);
    case "DELETE /__fake/requests":
      state.recorder.forget(query.get("key"));
      return reply(response, 200, {});
    case "POST /__fake/behaviour":
      return changeBehaviour(response, await json(incoming).catch(() => null), state);
    case "POST /__fake/script":
      return changeScript(response, await json(incoming).catch(() => null), state);
    default:
      return reply(response, 404, { error: "unknown control path" });
  }
}

async function listRequests(response: ServerResponse, query: URLSearchParams, state: ControlState): Promise<void> {
  const key = query.get("key");
  if (query.has("gone")) {
    const signal = AbortSignal.any([state.signal, AbortSignal.timeout(DEPARTURE_TIMEOUT_MS)]);
    if (!(await state.recorder.departure(key, signal))) return reply(response, 504, { error: "no client has left" });
  }
  // An answer that its client has just read to the end is recorded as finished within this turn.
  await setImmediate();
  reply(response, 200, state.recorder.list(key));
}

function changeBehaviour(response: ServerResponse, body: unknown, { changes, scripts }: ControlState): void {
  const { key, behaviour } = (body ?? {}) as { key?: unknown; behaviour?: unknown };
  if (typeof key !== "string" || !isBehaviour(behaviour)) {
    reply(response, 400, { error: "key and a known behaviour are needed" });
    return;
  }
  changes.set(key, behaviour);
  scripts.delete(key);
  reply(response, 200, { behaviour });
}

function changeScript(response: ServerResponse, body: unknown, { scripts }: ControlState): void {
  const { key, script } = (body ?? {}) as { key?: unknown; script?: unknown };
  if (typeof key !== "string" || !isScript(script)) {
    reply(response, 400, { error: "key and a script are needed" });
    return;
  }
  scripts.set(key, script);
  reply(response, 200, {});
}

function reply(response: ServerResponse, status: number, body: object): void {
  if (response.destroyed) return;
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
