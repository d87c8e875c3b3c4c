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
    return encodingOf(encoding)[1](this.subarray(start, end));
  }

  /** Writes UTF-8, as many whole characters as there is room for. */
  write(text: string, offset = 0): number {
    return encoder.encodeInto(text, this.subarray(offset)).written;
  }

  readInt16BE(offset = 0): number {
    return viewOf(this).getInt16(offset);
  }

  readInt32BE(offset = 0): number {
    return viewOf(this).getInt32(offset);
  }

  readUInt32BE(offset = 0): number {
    return viewOf(this).getUint32(offset);
  }

  writeInt16BE(value: number, offset = 0): number {
    viewOf(this).setInt16(offset, value);
    return offset + 2;
  }

  writeInt32BE(value: number, offset = 0): number {
    viewOf(this).setInt32(offset, value);
    return offset + 4;
  }

  writeUInt32BE(value: number, offset = 0): number {
    viewOf(this).setUint32(offset, value);
    return offset + 4;
  }
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
