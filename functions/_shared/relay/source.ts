/** Reading a body with as little work for a chunk as can be. */

type Bytes = Uint8Array<ArrayBuffer>;

export interface Source {
  /** The next bytes, valid until the next read; null at the end. Throws if the body breaks off. */
  read(): Promise<Bytes | null>;
  cancel(): Promise<void>;
}

/** Most bytes that are read at once. */
const buffer_bytes = 16 * 1024;

/**
 * Bodies of Deno's fetch are read into one buffer, again and again: their default reader makes a new one of 64 KiB for every
 * chunk, which costs more than the chunk. Bodies that know no such reader are read as they come.
 */
export function sourceOf(body: ReadableStream<Bytes>): Source {
  let reader: ReadableStreamBYOBReader;
  try {
    reader = body.getReader({ mode: "byob" });
  } catch {
    const plain = body.getReader();
    return { read: async () => (await plain.read()).value ?? null, cancel: () => plain.cancel() };
  }
  let buffer = new ArrayBuffer(buffer_bytes);
  return {
    read() {
      return reader.read(new Uint8Array(buffer)).then(({ done, value }) => {
        if (done || !value) return null;
        buffer = value.buffer;
        return value;
      });
    },
    cancel: () => reader.cancel(),
  };
}
