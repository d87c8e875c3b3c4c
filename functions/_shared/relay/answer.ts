/** Passing on an answer that credits pay for, and reporting what came of it. */

/**
 * How an answer on credits ended:
 *
 * - `complete`: the provider ended it
 * - `broken_off`: the provider's connection broke; `stalled`: the provider was silent for too long
 * - `error_event`: the provider reported an error inside an answer with status 200
 * - `client_gone`: the client left
 * - `client_stalled`: the provider's connection broke after the client had stopped reading, which makes providers hang up
 * - `withheld`: the charge could not be recorded, so we broke off ourselves
 */
export type Ending =
  "complete" | "broken_off" | "stalled" | "error_event" | "client_gone" | "client_stalled" | "withheld";

/** The provider's own count of what it bills, in tokens. */
export interface Usage {
  /** All input tokens, cached ones included. */
  readonly input_tokens: number;
  /** The input tokens that were read from the provider's cache. */
  readonly cached_input_tokens: number;
  /** All output tokens, reasoning included. */
  readonly output_tokens: number;
}

export interface AnswerReport {
  readonly ending: Ending;
  /** Whether any generated content was passed on to the client: false for a preamble, a ping or an error. */
  readonly contentDelivered: boolean;
  /** Bytes that were passed on to the client. */
  readonly deliveredBytes: number;
  /** Null if the provider reported none, or not for the whole answer. */
  readonly usage: Usage | null;
}

export interface WatchOptions {
  /** How long the provider may be silent, in ms. */
  readonly stallTimeout_ms: number;
  /**
   * Settled once the charge is recorded. Until then the last chunk is held back, so that no whole answer passes unpaid; if it
   * rejects, the answer breaks off.
   */
  readonly charged?: Promise<unknown>;
  /** Called once. */
  onEnd(report: AnswerReport): void;
}

/** How long a client may keep an answer waiting in all, in ms, before a break-off counts as its own doing. */
const clientPatience_ms = 10_000;

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * Passes an answer on chunk by chunk and reports how it ended. The client sees a broken body where the provider broke off, never
 * the reason.
 */
export function watchAnswer(body: ReadableStream<Bytes>, options: WatchOptions): ReadableStream<Bytes> {
  const { stallTimeout_ms, charged, onEnd } = options;
  const reader = body.getReader();
  let deliveredBytes = 0;
  let hasEnded = false;
  /** Since when the provider is waited for; null while the client has not asked for more. */
  let waitingSince_ms: number | null = null;
  /** Since when the client has not asked for more, and how long it took before. */
  let pausedSince_ms = performance.now();
  let paused_ms = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** The chunk that waits for the charge, and whether anything still does. */
  let held: Bytes | null = null;
  let isCharged = charged === undefined;
  let next: Promise<ReadableStreamReadResult<Bytes>> | null = null;

  function end(ending: Ending): void {
    if (hasEnded) return;
    hasEnded = true;
    clearTimeout(timer);
    onEnd({ ending, contentDelivered: deliveredBytes > 0, deliveredBytes, usage: null });
  }
  function breakOff(controller: ReadableStreamDefaultController, ending: Ending): void {
    if (hasEnded) return;
    end(ending === "broken_off" && paused_ms >= clientPatience_ms ? "client_stalled" : ending);
    controller.error(new Error("The provider broke off."));
    reader.cancel().catch(() => undefined);
  }
  /** One timer for the whole body, which looks how long the silence has been: one for each chunk costs as much as the chunk. */
  function watchSilence(controller: ReadableStreamDefaultController, wait_ms: number): void {
    timer = setTimeout(() => {
      const silence_ms = waitingSince_ms === null ? 0 : performance.now() - waitingSince_ms;
      if (silence_ms >= stallTimeout_ms) breakOff(controller, "stalled");
      else watchSilence(controller, stallTimeout_ms - silence_ms);
    }, wait_ms);
  }
  function pass(controller: ReadableStreamDefaultController<Bytes>, chunk: Bytes): void {
    deliveredBytes += chunk.byteLength;
    controller.enqueue(chunk);
  }
  async function read(): Promise<ReadableStreamReadResult<Bytes>> {
    waitingSince_ms = performance.now();
    try {
      return await reader.read();
    } finally {
      waitingSince_ms = null;
    }
  }
  /** Passes on a chunk only when the next one has come, until the charge is recorded. False if that failed. */
  async function passHeld(controller: ReadableStreamDefaultController<Bytes>): Promise<boolean> {
    const recorded = charged!.then(
      () => "recorded" as const,
      () => "failed" as const,
    );
    for (;;) {
      next ??= read();
      let first = await Promise.race([recorded, next]);
      if (first !== "failed" && first !== "recorded") {
        if (first.done) first = await recorded;
        else {
          next = null;
          const previous = held;
          held = first.value;
          if (previous === null) continue;
          pass(controller, previous);
          return true;
        }
      }
      if (first === "failed") return false;
      isCharged = true;
      if (held === null) return true;
      pass(controller, held);
      return true;
    }
  }

  return new ReadableStream<Bytes>(
    {
      start: (controller) => watchSilence(controller, stallTimeout_ms),
      async pull(controller) {
        paused_ms += performance.now() - pausedSince_ms;
        try {
          if (!isCharged) {
            const before = deliveredBytes;
            if (!(await passHeld(controller))) return breakOff(controller, "withheld");
            if (hasEnded || deliveredBytes > before) return;
          }
          const { done, value } = await (next ?? read());
          next = null;
          if (hasEnded) return;
          if (!done) return pass(controller, value);
          end("complete");
          controller.close();
        } catch {
          breakOff(controller, "broken_off");
        } finally {
          pausedSince_ms = performance.now();
        }
      },
      cancel() {
        end("client_gone");
        return reader.cancel();
      },
    },
    { highWaterMark: 0 },
  );
}
