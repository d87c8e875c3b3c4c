/** Looks at an answer on its way: whether it has content, whether it holds an error, and what the provider counted. */
import { isRecord, parseJson } from "../json.ts";
import type { AnswerForm, Dialect } from "./dialects.ts";
import { holdsGeneration, platformError } from "./platform-error.ts";
import { countsIn, isFinal, type Usage, usageOf } from "./usage.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** The part of an answer that may be passed on: complete events, or the complete answer. */
export interface Batch {
  readonly bytes: Bytes;
  /** Whether content is in it, or was in an earlier one. */
  readonly hasContent: boolean;
}

/** Most bytes of an event or of a JSON answer that are kept until it is whole. Longer ones pass on as they come. */
const maxHeld_bytes = 256 * 1024;
/** Enough of an answer's end for its counts and what providers write after them, in characters. */
const tailLength = 64 * 1024;

export class Inspector {
  readonly #form: AnswerForm;
  readonly #decoder = new TextDecoder();
  #bytes: Bytes = new Uint8Array(4096);
  #length = 0;
  /** Whether the last batch ended within an event that was too long to keep. */
  #isCut = false;
  #hasContent = false;
  #hasError = false;
  #hasLostContent = false;
  #counts: Record<string, unknown> | null = null;
  readonly #tail: string[] = [];
  #tailLength = 0;

  constructor(form: AnswerForm) {
    this.#form = form;
  }

  get hasContent(): boolean {
    return this.#hasContent;
  }

  /** Whether the provider reported an error within the answer. */
  get hasError(): boolean {
    return this.#hasError;
  }

  /** Whether that error holds what the model had generated. */
  get hasLostContent(): boolean {
    return this.#hasLostContent;
  }

  /** Bytes that came and were not taken yet. */
  get pending_bytes(): number {
    return this.#length;
  }

  /** Copies what came: its memory is used again for what comes next. */
  add(chunk: Bytes): void {
    const needed = this.#length + chunk.byteLength;
    if (needed > this.#bytes.byteLength) {
      const larger = new Uint8Array(Math.max(needed, this.#bytes.byteLength * 2));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    this.#bytes.set(chunk, this.#length);
    this.#length = needed;
  }

  /** The part that is whole by now; null if there is none. At the end of the answer the rest counts as whole. */
  take(isEnd = false): Batch | null {
    if (this.#length === 0) return null;
    const isTooLong = this.#isCut || this.#length > maxHeld_bytes;
    const boundary = isEnd ? this.#length : this.#form.isStream ? lastBoundary(this.#bytes, this.#length) : 0;
    const length = boundary === 0 && isTooLong ? this.#length : boundary;
    if (length === 0) return null;
    const wasCut = this.#isCut;
    this.#isCut = boundary === 0;
    const bytes = this.#bytes.slice(0, length);
    this.#bytes.copyWithin(0, length, this.#length);
    this.#length -= length;
    const isWhole = !wasCut && !this.#isCut;
    return { bytes: this.#inspect(bytes, isWhole), hasContent: this.#hasContent };
  }

  /** The provider's counts, if they are of the whole answer. */
  usage(isComplete: boolean): Usage | null {
    const { dialect, isStream } = this.#form;
    const tail = this.#tail.join("");
    if (!isStream) return isComplete ? usageOf(countsIn(tail, dialect), dialect) : null;
    let isWhole = dialect.finalField === null || (isComplete && dialect.countsSoFar);
    let counts = this.#counts;
    // After the counts come at most the marks of the end.
    for (const event of eventsOf(lastEvents(tail, 8))) {
      const data = dataOf(event);
      counts = mergeCounts(counts, countsIn(data, dialect));
      isWhole ||= isFinal(data, dialect);
    }
    return isWhole ? usageOf(counts, dialect) : null;
  }

  /** The bytes as they may pass on. Text is made of them once for a batch, and parsed only until there is content. */
  #inspect(bytes: Bytes, isWhole: boolean): Bytes {
    const text = this.#decoder.decode(bytes);
    this.#keepTail(text);
    if (!isWhole) {
      this.#hasContent = true;
      return bytes;
    }
    // Within a text of the model the quotation marks have backslashes.
    const mayHaveError = text.includes('"error"');
    if (this.#hasContent && !mayHaveError) return bytes;
    const events = this.#form.isStream ? eventsOf(text) : [text];
    const shown = events.map((event) => this.#lookAt(event));
    return shown.every((event, index) => event === events[index]) ? bytes : new TextEncoder().encode(shown.join(""));
  }

  #keepTail(text: string): void {
    this.#tail.push(text);
    this.#tailLength += text.length;
    while (this.#tailLength - this.#tail[0]!.length >= tailLength) this.#tailLength -= this.#tail.shift()!.length;
  }

  /** The event as it may pass on. */
  #lookAt(event: string): string {
    const { dialect, isStream } = this.#form;
    const data = isStream ? dataOf(event) : event;
    if (isEmpty(data)) return event;
    const parsed = parseJson(data);
    const body: unknown = Array.isArray(parsed) ? parsed[0] : parsed;
    if (!isRecord(body)) {
      this.#hasContent = true;
      return event;
    }
    if (!this.#hasContent) {
      this.#hasContent = hasContent(body, dialect);
      this.#counts = mergeCounts(this.#counts, countsIn(data, dialect));
    }
    if (!isError(body)) return event;
    this.#hasError = true;
    this.#hasLostContent ||= holdsGeneration(body);
    const shown = JSON.stringify(platformError(200, body));
    if (!isStream) return shown;
    const name = /^event:.*$/m.exec(event)?.[0];
    return `${name === undefined ? "" : `${name.trimEnd()}\n`}data: ${shown}\n\n`;
  }
}

/** Length of the events that are whole: up to the last empty line. Lines end with LF, or CR LF as Google writes them. */
function lastBoundary(bytes: Bytes, length: number): number {
  for (let at = bytes.lastIndexOf(10, length - 1); at > 0; at = bytes.lastIndexOf(10, at - 1)) {
    const before = bytes[at - 1] === 13 ? at - 2 : at - 1;
    if (bytes[before] === 10) return at + 1;
  }
  return 0;
}

/** The last events of a text, so many at most: looking through all of it costs as much as a hundred chunks. */
function lastEvents(text: string, most: number): string {
  let start = text.length;
  for (let events = 0; events <= most && start > 0; events++) {
    const unix = text.lastIndexOf("\n\n", start - 3);
    const windows = text.lastIndexOf("\n\r\n", start - 4);
    start = Math.max(unix === -1 ? 0 : unix + 2, windows === -1 ? 0 : windows + 3);
  }
  return text.slice(start);
}

/** The events of a text, each with the empty line after it. */
function eventsOf(text: string): string[] {
  return text.split(/(?<=\n\r?\n)/);
}

/** The data of an event, its lines joined. */
function dataOf(event: string): string {
  return event
    .split("\n")
    .filter((line) => line.startsWith("data:"))
    .map((line) => line.slice("data:".length).trim())
    .join("\n");
}

function isEmpty(data: string): boolean {
  return data.trim() === "" || data === "[DONE]";
}

function isError(body: Record<string, unknown>): boolean {
  const response = isRecord(body.response) ? body.response : {};
  return isRecord(body.error) || typeof body.error === "string" || body.type === "error" || isRecord(response.error);
}

function hasContent(body: Record<string, unknown>, { content, form, quietTypes }: Dialect): boolean {
  if (quietTypes && typeof body.type === "string" && !quietTypes.includes(body.type) && !isAnswer(body)) return true;
  return content.some((path) =>
    path
      .split(".")
      .reduce(into, [body] as unknown[])
      .some((value) => isFilled(value, form)),
  );
}

/** Whether this is an answer as a whole and no event: those of Anthropic have a type too. */
function isAnswer(body: Record<string, unknown>): boolean {
  return body.type === "message";
}

/** One step of a path, through arrays. */
function into(values: unknown[], key: string): unknown[] {
  return values.flatMap((value) => (isRecord(value) ? value[key] : undefined)).filter((value) => value !== undefined);
}

/** Whether a value has text or a number in it that is not just form. */
function isFilled(value: unknown, form: readonly string[]): boolean {
  if (typeof value === "string") return value !== "";
  if (Array.isArray(value)) return value.some((item) => isFilled(item, form));
  if (isRecord(value)) return Object.entries(value).some(([key, item]) => !form.includes(key) && isFilled(item, form));
  return typeof value === "number";
}

function mergeCounts(
  earlier: Record<string, unknown> | null,
  later: Record<string, unknown> | null,
): Record<string, unknown> | null {
  return later === null ? earlier : { ...earlier, ...later };
}
