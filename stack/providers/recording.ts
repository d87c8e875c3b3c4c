import type { Buffer } from "node:buffer";
import type { IncomingMessage } from "node:http";
import type { ReceivedRequest } from "./adapter.ts";

/** One request as the fake received it. */
export interface RecordedRequest {
  method: string;
  /** As sent, not normalised. */
  path: string;
  /** Without the question mark. */
  query: string;
  /** Names in lower case; the values of a repeated header are joined by commas. */
  headers: Readonly<Record<string, string>>;
  /** Names and values by turns, as sent: shows the case of names, and repeated headers. */
  rawHeaders: string[];
  /** The first 64 KiB of the body. */
  bodyText: string;
  /** The status that was sent; null until the exchange is over, and where none was sent. */
  status: number | null;
  /** The answer was written to its end. */
  finished: boolean;
  /** The client left before the answer was complete. */
  clientGone: boolean;
}

const BODY_MAX_BYTES = 64 * 1024;
const REQUESTS_MAX_PER_KEY = 200;
const KEYS_MAX = 2000;

/** Keeps the latest requests of each credential, and tells who waits for one when its client has left. */
export class Recorder {
  readonly #byKey = new Map<string, RecordedRequest[]>();
  readonly #waiting = new Set<() => void>();

  /** Records a request once its head is there. Without any credential it is kept under the empty key. */
  begin(incoming: IncomingMessage, head: ReceivedRequest, credentials: readonly string[]): RecordedRequest {
    const request: RecordedRequest = {
      method: head.method,
      path: head.path,
      query: incoming.url?.split("?").slice(1).join("?") ?? "",
      headers: head.headers,
      rawHeaders: incoming.rawHeaders,
      bodyText: "",
      status: null,
      finished: false,
      clientGone: false,
    };
    for (const key of new Set(credentials.length === 0 ? [""] : credentials)) this.#keep(key, request);
    return request;
  }

  addBody(request: RecordedRequest, body: Buffer): void {
    request.bodyText = body.subarray(0, BODY_MAX_BYTES).toString("utf8");
  }

  end(request: RecordedRequest, outcome: { status: number | null; finished: boolean; clientGone: boolean }): void {
    Object.assign(request, outcome);
    if (outcome.clientGone) for (const check of this.#waiting) check();
  }

  /** Returns the requests of a key, or those of all keys. */
  list(key: string | null): RecordedRequest[] {
    if (key === null) return [...new Set([...this.#byKey.values()].flat())];
    return this.#byKey.get(key) ?? [];
  }

  forget(key: string | null): void {
    if (key === null) this.#byKey.clear();
    else this.#byKey.delete(key);
  }

  /** Resolves with true once a client of this key has left, even if long ago; with false on abort. */
  departure(key: string | null, signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (departed: boolean) => {
        this.#waiting.delete(check);
        signal.removeEventListener("abort", giveUp);
        resolve(departed);
      };
      const giveUp = () => settle(false);
      const check = () => {
        if (this.list(key).some(({ clientGone }) => clientGone)) settle(true);
        else if (signal.aborted) giveUp();
      };
      this.#waiting.add(check);
      signal.addEventListener("abort", giveUp);
      check();
    });
  }

  #keep(key: string, request: RecordedRequest): void {
    const requests = this.#byKey.get(key) ?? [];
    // A key that is in use moves to the end, so that the oldest unused one is dropped first.
    this.#byKey.delete(key);
    this.#byKey.set(key, requests);
    requests.push(request);
    if (requests.length > REQUESTS_MAX_PER_KEY) requests.shift();
    for (const oldest of this.#byKey.keys()) {
      if (this.#byKey.size <= KEYS_MAX) break;
      this.#byKey.delete(oldest);
    }
  }
}
