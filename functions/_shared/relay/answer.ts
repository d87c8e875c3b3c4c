/** Passing on an answer that credits pay for, and reporting what came of it. */
import type { AnswerForm } from "./dialects.ts";
import { type Batch, Inspector } from "./inspector.ts";
import type { Source } from "./source.ts";
import type { Usage } from "./usage.ts";

/**
 * How an answer on credits ended:
 *
 * - `complete`: the provider ended it
 * - `error_event`: the provider reported an error inside an answer with status 200
 * - `broken_off`: the provider's connection broke; `stalled`: the provider was silent for too long
 * - `client_gone`: the client left
 * - `client_stalled`: the provider's connection broke after the client had stopped reading, which makes providers hang up
 * - `withheld`: the charge could not be recorded, so we broke off ourselves
 */
export type Ending =
  "complete" | "error_event" | "broken_off" | "stalled" | "client_gone" | "client_stalled" | "withheld";

/** The endings that are seen without looking into the answer. */
export type SeenEnding = Exclude<Ending, "error_event">;

export interface AnswerReport {
  readonly ending: Ending;
  /** Whether any generated content was passed on to the client: false for a preamble, a ping or an error. */
  readonly contentDelivered: boolean;
  /** Whether the provider's error holds what the model had generated, which was not passed on. */
  readonly contentLost: boolean;
  /** Bytes that were passed on to the client. */
  readonly delivered_bytes: number;
  /** Null if the provider reported none, or not for the whole answer. */
  readonly usage: Usage | null;
}

export interface WatchOptions {
  readonly form: AnswerForm;
  /** How long the provider may be silent, in ms. */
  readonly stallTimeout_ms: number;
  /**
   * Settled once the charge is recorded. Until then the last events that came are held back, so that no whole answer passes
   * unpaid; if it rejects, the answer breaks off.
   */
  readonly charged?: Promise<unknown>;
  /** Called once. */
  onEnd(report: AnswerReport): void;
}

/** How long a client may keep an answer waiting in all, in ms, before a break-off counts as its own doing. */
const clientPatience_ms = 10_000;

/**
 * How long events are gathered, in ms, once content has been passed on: writing costs as much as reading, and a fast model sends
 * hundreds of events a second. An event that comes later than this after the one before passes on at once. So a client
 * sees some 25 steps a second.
 */
const gathering_ms = 40;
const maxGathered_bytes = 16 * 1024;
/** Waiting pieces are then read until fewer than so many come in such a time, in ms, or for so many times. */
const draining_ms = 4;
const busy_chunks = 8;
const maxDrains = 6;

/** How many times the silence of a provider is looked at before it counts as one. */
const silentLooks = 20;

type Bytes = Uint8Array<ArrayBuffer>;
type Controller = ReadableStreamDefaultController<Bytes>;

/**
 * Passes an answer on and reports how it ended. A JSON answer passes on once it is whole, an event stream by whole events. The
 * client sees a broken body where the provider broke off, never the reason.
 */
export function watchAnswer(source: Source, options: WatchOptions): ReadableStream<Bytes> {
  const watch = new Watch(source, options);
  return new ReadableStream<Bytes>(
    {
      start: (controller) => watch.start(controller),
      pull: () => watch.onRoom(),
      cancel: () => watch.leave(),
    },
    { highWaterMark: 1 },
  );
}

class Watch {
  readonly #options: WatchOptions;
  readonly #source: Source;
  readonly #inspector: Inspector;
  #controller!: Controller;
  #report: AnswerReport | null = null;
  #delivered_bytes = 0;
  #contentDelivered = false;
  #hasLeft = false;
  /** Waits for the charge; null if nothing does. */
  #held: Batch | null = null;
  #isCharged: boolean;
  /** Pieces of the body that came, whether another one is waited for, and how long the client was waited for in all. */
  #chunks = 0;
  #isWaiting = false;
  #paused_ms = 0;
  #passedAt_ms = 0;
  #silence: ReturnType<typeof setInterval> | undefined;
  #gathering: ReturnType<typeof setTimeout> | undefined;
  #wake: (() => void) | null = null;

  constructor(source: Source, options: WatchOptions) {
    this.#options = options;
    this.#inspector = new Inspector(options.form);
    this.#source = source;
    this.#isCharged = options.charged === undefined;
  }

  start(controller: Controller): void {
    this.#controller = controller;
    this.#watchSilence();
    this.#options.charged?.then(
      () => this.#onCharged(),
      () => this.#breakOff("withheld"),
    );
    // Not returned: a stream is not read before its start is over.
    void this.#pump();
  }

  /** The client asks for more. */
  onRoom(): void {
    this.#wake?.();
    this.#wake = null;
  }

  /** The client has left. */
  async leave(): Promise<void> {
    this.#hasLeft = true;
    this.#end("client_gone");
    this.onRoom();
    await this.#source.cancel();
  }

  async #pump(): Promise<void> {
    try {
      while (!this.#report) {
        this.#isWaiting = true;
        const chunk = await this.#source.read();
        this.#isWaiting = false;
        this.#chunks++;
        if (this.#report) return;
        if (chunk === null) return await this.#finish();
        this.#inspector.add(chunk);
        if (this.#gathering === undefined || this.#inspector.pending_bytes >= maxGathered_bytes)
          await this.#passOrGather();
        if (!this.#hasRoom()) await this.#room();
      }
    } catch {
      this.#breakOff("broken_off");
    }
  }

  /**
   * Pieces that come soon after content was passed on wait for the next, and the provider's events wait in its connection:
   * reading several that are there costs a fraction of waking up for each.
   */
  async #passOrGather(): Promise<void> {
    const { hasContent, pending_bytes } = this.#inspector;
    const wait_ms = this.#passedAt_ms + gathering_ms - Date.now();
    if (!hasContent || wait_ms <= 0 || pending_bytes >= maxGathered_bytes) return this.#pass();
    // The clock may have been set back.
    await new Promise<void>((over) => (this.#gathering = setTimeout(over, Math.min(wait_ms, gathering_ms))));
    this.#drain(maxDrains);
  }

  #drain(times: number): void {
    const before = this.#chunks;
    this.#gathering = setTimeout(() => {
      if (times > 1 && this.#chunks - before >= busy_chunks) return this.#drain(times - 1);
      this.#gathering = undefined;
      if (!this.#report) this.#pass();
    }, draining_ms);
  }

  /** Passes on what is whole. */
  #pass(): void {
    const batch = this.#inspector.take();
    if (batch === null) return;
    this.#passedAt_ms = Date.now();
    this.#send(batch);
  }

  #send(batch: Batch): void {
    if (this.#isCharged) return this.#enqueue(batch);
    if (this.#held) this.#enqueue(this.#held);
    this.#held = batch;
  }

  #enqueue({ bytes, hasContent }: Batch): void {
    this.#delivered_bytes += bytes.byteLength;
    this.#contentDelivered ||= hasContent;
    this.#controller.enqueue(bytes);
  }

  #onCharged(): void {
    this.#isCharged = true;
    if (this.#held && !this.#report) this.#enqueue(this.#held);
    this.#held = null;
  }

  async #finish(): Promise<void> {
    clearInterval(this.#silence);
    const rest = this.#inspector.take(true);
    if (rest) this.#send(rest);
    // Whether it was recorded is seen to where the promise was handed over, which comes first.
    await this.#options.charged?.catch(() => undefined);
    if (this.#report) return;
    this.#end("complete");
    this.#controller.close();
  }

  #breakOff(ending: "broken_off" | "stalled" | "withheld"): void {
    if (this.#report) return;
    const rest = ending === "withheld" ? null : this.#inspector.take();
    if (rest) this.#send(rest);
    const isPause = ending === "broken_off" && this.#paused_ms >= clientPatience_ms;
    this.#end(isPause ? "client_stalled" : ending);
    this.#source.cancel().catch(() => undefined);
    void this.#fail();
  }

  /** The client reads first what was passed on: an error would take it out of the queue. */
  async #fail(): Promise<void> {
    if (!this.#hasRoom()) await this.#room();
    if (!this.#hasLeft) this.#controller.error(new Error("The provider broke off."));
  }

  #end(ending: SeenEnding): void {
    if (this.#report) return;
    clearInterval(this.#silence);
    clearTimeout(this.#gathering);
    const [contentDelivered, delivered_bytes] = [this.#contentDelivered, this.#delivered_bytes];
    this.#report = reportOf(this.#inspector, ending, { contentDelivered, delivered_bytes });
    this.#options.onEnd(this.#report);
  }

  #hasRoom(): boolean {
    return (this.#controller.desiredSize ?? 0) > 0;
  }

  async #room(): Promise<void> {
    const since_ms = performance.now();
    await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#paused_ms += performance.now() - since_ms;
  }

  /**
   * Looks now and then whether anything has come, and so notices a silence a twentieth of its time late. A timer for each chunk, or
   * performance.now() on Deno 2.1, costs as much as the chunk.
   */
  #watchSilence(): void {
    let seen_chunks = -1;
    let looks = 0;
    this.#silence = setInterval(() => {
      const isSilent = this.#isWaiting && this.#chunks === seen_chunks;
      looks = isSilent ? looks + 1 : 0;
      seen_chunks = this.#chunks;
      if (looks === silentLooks) this.#breakOff("stalled");
    }, this.#options.stallTimeout_ms / silentLooks);
  }
}

/** An answer that has ended, with what was seen inside it. */
export function reportOf(
  inspector: Inspector,
  ending: SeenEnding,
  delivered: Pick<AnswerReport, "contentDelivered" | "delivered_bytes">,
): AnswerReport {
  const isLeft = ending === "client_gone";
  const hasFailed = inspector.hasError && !isLeft;
  const usage = inspector.usage(ending === "complete" && !hasFailed);
  // Clients leave at the provider's last event, before the connection ends.
  const isEnded = isLeft && usage !== null;
  return {
    ending: hasFailed ? "error_event" : isEnded ? "complete" : ending,
    ...delivered,
    contentLost: inspector.hasLostContent,
    usage,
  };
}
