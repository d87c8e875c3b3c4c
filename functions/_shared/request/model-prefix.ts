/**
 * The provider in a body's `model`, such as `anthropic/claude-opus-5-5`: found while the body passes, and taken off. No more of
 * the body is held than it takes to reach the first slash of the model, and all other bytes stay as they are.
 */
import { ByokError } from "../errors.ts";

type Bytes = Uint8Array<ArrayBuffer>;

export interface Prefixed {
  /** Stands before the first slash of the model. */
  readonly prefix: string;
  /** The body without prefix and slash. */
  readonly body: ReadableStream<Bytes>;
  readonly removed_bytes: number;
}

export interface PrefixLimits {
  /** How much of the body may come before the model, in bytes. */
  readonly max_bytes: number;
  /** How long to wait for that part of the body, in ms. */
  readonly timeout_ms: number;
}

/** Most clients put the model first; OpenAI's Python SDK puts it behind the messages. */
export const standardMax_bytes = 2 * 1024 * 1024;

/**
 * Reads a JSON object as far as its model.
 *
 * @throws ByokError `model_prefix_missing`; `model_too_late` past the limit; `invalid_request` for a body that is no JSON object or
 * does not come in time; and as the body's stream
 */
export async function takeModelPrefix(body: ReadableStream<Bytes> | null, limits: PrefixLimits): Promise<Prefixed> {
  if (body === null) throw new ByokError("model_prefix_missing", missing);
  const reader = body.getReader();
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    reader.cancel().catch(() => undefined);
  }, limits.timeout_ms);
  const held: Bytes[] = [];
  const finder = new PrefixFinder(limits.max_bytes);
  try {
    while (finder.found === null) {
      const { done, value } = await reader.read();
      if (isLate) throw new ByokError("invalid_request", { message: "The body did not come in time." });
      if (done) throw new ByokError("model_prefix_missing", missing);
      held.push(value);
      finder.read(value);
    }
  } catch (error) {
    reader.cancel().catch(() => undefined);
    throw error;
  } finally {
    clearTimeout(timer);
  }
  const { prefix, from, to } = finder.found;
  return { prefix, body: goOn(without(held, from, to), reader), removed_bytes: to - from };
}

const missing = { details: { field: "model" } };

interface Found {
  readonly prefix: string;
  /** Where the prefix begins in the body, and where the model's own name does, in bytes. */
  readonly from: number;
  readonly to: number;
}

/** Longest id of a provider, and more; what is longer is none. */
const maxPrefixLength = 64;

const [quote, backslash, slash, colon, comma] = [0x22, 0x5c, 0x2f, 0x3a, 0x2c];
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];

/** Walks through the bytes of a JSON object to the value of its own field `model`. It checks no more of the JSON than it needs. */
class PrefixFinder {
  found: Found | null = null;
  readonly #max_bytes: number;
  #passed_bytes = 0;
  #depth = 0;
  #isInString = false;
  #isEscaped = false;
  /** Whether the next string of the object itself is the name of a field. */
  #isNameNext = true;
  #name = "";
  /** The string under way, if it is a name or the model; null for any other one. */
  #text: string | null = null;
  #from = 0;

  constructor(max_bytes: number) {
    this.#max_bytes = max_bytes;
  }

  /** @throws ByokError `model_prefix_missing`, `model_too_late`, `invalid_request` */
  read(chunk: Bytes): void {
    for (let at = 0; at < chunk.length && this.found === null; at++) {
      const offset = this.#passed_bytes + at;
      if (offset >= this.#max_bytes) throw tooLate(this.#max_bytes);
      const byte = chunk[at] as number;
      if (this.#isInString) this.#readInString(byte, offset);
      else this.#readBetween(byte, offset);
    }
    this.#passed_bytes += chunk.length;
  }

  get #isModel(): boolean {
    return !this.#isNameNext && this.#name === "model";
  }

  #readBetween(byte: number, offset: number): void {
    if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) return;
    if (this.#depth === 0 && byte !== openBrace) {
      throw new ByokError("invalid_request", { message: "The body is not a JSON object." });
    }
    const isOwn = this.#depth === 1;
    if (isOwn && this.#isModel && byte !== quote && byte !== colon)
      throw new ByokError("model_prefix_missing", missing);
    switch (byte) {
      case quote:
        this.#isInString = true;
        this.#text = this.#isNameNext || this.#isModel ? "" : null;
        this.#from = offset + 1;
        break;
      case openBrace:
      case openBracket:
        this.#depth++;
        break;
      case closeBrace:
      case closeBracket:
        if (--this.#depth === 0) throw new ByokError("model_prefix_missing", missing);
        break;
      case colon:
        if (isOwn) this.#isNameNext = false;
        break;
      case comma:
        if (isOwn) this.#isNameNext = true;
    }
  }

  #readInString(byte: number, offset: number): void {
    const isEscaped = this.#isEscaped;
    this.#isEscaped = byte === backslash && !isEscaped;
    if (byte === quote && !isEscaped) return this.#endString();
    if (this.#text === null) return;
    // A slash may be written as `\/`, which PHP does.
    if (byte === slash && this.#isModel) {
      const prefix = isEscaped ? this.#text.slice(0, -1) : this.#text;
      this.found = { prefix, from: this.#from, to: offset + 1 };
    } else if (this.#text.length < maxPrefixLength) {
      this.#text += String.fromCharCode(byte);
    } else if (this.#isModel) {
      throw new ByokError("model_prefix_missing", missing);
    }
  }

  #endString(): void {
    this.#isInString = false;
    if (this.#text === null) return;
    if (this.#isModel) throw new ByokError("model_prefix_missing", missing);
    this.#name = this.#text;
  }
}

function tooLate(max_bytes: number): ByokError {
  return new ByokError("model_too_late", {
    message: `The model does not stand in the first ${max_bytes} bytes of the body: put it first, or use call/<provider>.`,
    details: { field: "model", max_bytes },
  });
}

/** The chunks without the bytes of a range. */
function without(chunks: readonly Bytes[], from: number, to: number): Bytes[] {
  let begin = 0;
  return chunks.flatMap((chunk) => {
    const [first, last] = [from - begin, to - begin];
    begin += chunk.length;
    if (last <= 0 || first >= chunk.length) return [chunk];
    return [chunk.subarray(0, Math.max(0, first)), chunk.subarray(last)].filter(({ length }) => length > 0);
  });
}

function goOn(held: Bytes[], reader: ReadableStreamDefaultReader<Bytes>): ReadableStream<Bytes> {
  return new ReadableStream<Bytes>(
    {
      async pull(controller) {
        const chunk = held.shift();
        if (chunk) return controller.enqueue(chunk);
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
