/**
 * As much of Node's Buffer as `pg` uses to speak with Postgres, on what every runtime has: the newest Deno loads a good part of Node
 * for the whole. Arguments are trusted to be in range. https://nodejs.org/docs/latest-v24.x/api/buffer.html
 */
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** From an encoding's text, and to it. */
const encodings: Readonly<Record<string, readonly [from: (text: string) => Bytes, to: (bytes: Bytes) => string]>> = {
  utf8: [(text) => encoder.encode(text), (bytes) => decoder.decode(bytes)],
  base64: [
    (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0)),
    (bytes) => btoa(String.fromCharCode(...bytes)),
  ],
  hex: [
    (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)),
    (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(""),
  ],
};

type Bytes = Uint8Array<ArrayBuffer>;

/** @throws RangeError for an encoding that is not here */
function encodingOf(name = "utf8") {
  const found = encodings[name === "utf-8" ? "utf8" : name];
  if (!found) throw new RangeError(`This Buffer knows no ${name}`);
  return found;
}

/** Without its static methods, since `from` takes other things here. */
const Base: new (source: number | ArrayBuffer | ArrayLike<number>, byteOffset?: number, length?: number) => Bytes =
  Uint8Array;

export class Buffer extends Base {
  static alloc(size: number): Buffer {
    return new Buffer(size);
  }

  static allocUnsafe(size: number): Buffer {
    return new Buffer(size);
  }

  static byteLength(text: string): number {
    return encoder.encode(text).length;
  }

  static concat(pieces: readonly Uint8Array[]): Buffer {
    const whole = new Buffer(pieces.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const piece of pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  }

  static from(
    source: string | ArrayBuffer | ArrayLike<number>,
    encodingOrOffset?: string | number,
    length?: number,
  ): Buffer {
    if (source instanceof ArrayBuffer) return new Buffer(source, encodingOrOffset as number | undefined, length);
    if (typeof source !== "string") return new Buffer(source);
    const bytes = encodingOf(encodingOrOffset as string | undefined)[0](source);
    return new Buffer(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  static isBuffer(value: unknown): value is Buffer {
    return value instanceof Buffer;
  }

  /** Writes into the other's bytes, as many as there is room for. */
  copy(target: Uint8Array, targetStart = 0, start = 0, end = this.length): number {
    const bytes = this.subarray(start, Math.min(end, start + target.length - targetStart));
    target.set(bytes, targetStart);
    return bytes.length;
  }

  /** Shares the bytes, where Uint8Array's would copy them. */
  override slice(start?: number, end?: number): Buffer {
    return this.subarray(start, end);
  }

  override subarray(start?: number, end?: number): Buffer {
    return super.subarray(start, end) as Buffer;
  }

  override toString(encoding?: string, start = 0, end = this.length): string {
    return encodingOf(encoding)[1](part(this, start, end));
  }

  /** Writes UTF-8, as many whole characters as there is room for. */
  write(text: string, offset = 0): number {
    return encoder.encodeInto(text, part(this, offset, this.length)).written;
  }

  readInt16BE(at = 0): number {
    return ((this[at]! << 24) | (this[at + 1]! << 16)) >> 16;
  }

  readInt32BE(at = 0): number {
    return (this[at]! << 24) | (this[at + 1]! << 16) | (this[at + 2]! << 8) | this[at + 3]!;
  }

  readUInt32BE(at = 0): number {
    return this.readInt32BE(at) >>> 0;
  }

  writeInt16BE(value: number, at = 0): number {
    this[at] = value >> 8;
    this[at + 1] = value;
    return at + 2;
  }

  writeInt32BE(value: number, at = 0): number {
    this.writeInt16BE(value >> 16, at);
    return this.writeInt16BE(value, at + 2);
  }

  writeUInt32BE(value: number, at = 0): number {
    return this.writeInt32BE(value | 0, at);
  }
}

/** A part as plain bytes, which costs a fraction of a Buffer. */
function part({ buffer, byteOffset, length }: Buffer, start: number, end: number): Bytes {
  const from = Math.min(start, length);
  return new Uint8Array(buffer, byteOffset + from, Math.max(0, Math.min(end, length) - from));
}
