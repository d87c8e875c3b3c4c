/**
 * Deno's sockets as the stream that `pg` takes in place of one of Node's, which would have to be loaded: with their TLS and
 * crypto that is half of the time of a start.
 */
import { Buffer } from "node:buffer";
import { EventEmitter } from "node:events";

type Bytes = Uint8Array<ArrayBuffer>;

/** As much of Deno's sockets as is used here. */
export interface Socket {
  /** How many bytes were read; null at the end. */
  read(into: Bytes): Promise<number | null>;
  /** How many bytes were written. */
  write(bytes: Bytes): Promise<number>;
  close(): void;
  setNoDelay?(noDelay?: boolean): void;
  setKeepAlive?(keepAlive?: boolean): void;
}

export interface Sockets {
  connect(address: { hostname: string; port: number }): Promise<Socket>;
  /** @param options.caCerts PEM of authorities to trust beside the public ones */
  startTls(socket: Socket, options: { hostname: string; caCerts: string[] }): Promise<Socket>;
}

declare const Deno: Sockets;

export interface StreamOptions {
  /** PEM of an authority to trust beside the public ones; false for no TLS. */
  readonly tls: { readonly ca?: string } | false;
  /** Deno's own when absent. */
  readonly sockets?: Sockets | undefined;
}

/** Asks whether the server has TLS: https://www.postgresql.org/docs/17/protocol-message-formats.html, SSLRequest */
const sslRequest = Uint8Array.of(0, 0, 0, 8, 4, 210, 22, 47);
const yes = "S".charCodeAt(0);

const slab_bytes = 64 * 1024;
/** Fewest free bytes of a slab that are read into. */
const minRead_bytes = 8 * 1024;

/** Emits `connect` once a login may be sent, over TLS where that is asked for; then `data`, `end`, `error` and `close`. */
export class DenoStream extends EventEmitter {
  writable = false;
  readonly #options: StreamOptions;
  #socket: Socket | null = null;
  #isDestroyed = false;
  #isEnding = false;
  #isWriting = false;
  #corks = 0;
  #unsent: Bytes[] = [];
  #sent: (() => void)[] = [];

  constructor(options: StreamOptions) {
    super();
    this.#options = options;
  }

  connect(port: number, hostname: string): this {
    this.#open(port, hostname).then(
      () => void this.#pump(),
      (error: Error) => this.destroy(error),
    );
    return this;
  }

  /** @param sent called when the bytes have been handed to the socket */
  write(bytes: Bytes, sent?: () => void): boolean {
    this.#unsent.push(bytes);
    if (sent) this.#sent.push(sent);
    if (this.#corks === 0) void this.#flush();
    return true;
  }

  /** Gathers all that is written until `uncork` into one piece. */
  cork(): void {
    this.#corks++;
  }

  uncork(): void {
    this.#corks--;
    if (this.#corks === 0) void this.#flush();
  }

  /** Closes the connection once everything has been written. */
  end(): void {
    this.#isEnding = true;
    if (!this.#isWriting) this.destroy();
  }

  destroy(error?: Error): this {
    if (this.#isDestroyed) return this;
    this.#isDestroyed = true;
    this.writable = false;
    if (this.#socket) closeQuietly(this.#socket);
    queueMicrotask(() => {
      if (error) this.emit("error", error);
      this.emit("close");
    });
    return this;
  }

  /** Both are set when a connection begins. */
  setNoDelay(): void {}
  setKeepAlive(): void {}
  /** An isolate does not end because nothing is under way. */
  ref(): void {}
  unref(): void {}

  /** @throws Error for a server that has no TLS where it is asked for: nothing has been told to it by then */
  async #open(port: number, hostname: string): Promise<void> {
    const { tls, sockets = Deno } = this.#options;
    this.#take(await sockets.connect({ hostname, port }));
    this.#socket!.setNoDelay?.(true);
    this.#socket!.setKeepAlive?.(true);
    if (tls) {
      const answer = new Uint8Array(1);
      await this.#socket!.write(sslRequest);
      const bytes = await this.#socket!.read(answer);
      if (bytes !== 1 || answer[0] !== yes) throw new Error("The server has no TLS.");
      this.#take(await sockets.startTls(this.#socket!, { hostname, caCerts: tls.ca ? [tls.ca] : [] }));
    }
    this.writable = true;
    this.emit("connect");
  }

  /** @throws Error if nobody wants the connection any more */
  #take(socket: Socket): void {
    this.#socket = socket;
    if (!this.#isDestroyed) return;
    closeQuietly(socket);
    throw new Error("The connection was given up.");
  }

  /** Never writes over what was read: a listener may keep a part of it. */
  async #pump(): Promise<void> {
    let slab = new Uint8Array(slab_bytes);
    try {
      for (;;) {
        const bytes = await this.#socket!.read(slab);
        if (bytes === null) break;
        this.emit("data", Buffer.from(slab.buffer, slab.byteOffset, bytes));
        slab = slab.byteLength - bytes < minRead_bytes ? new Uint8Array(slab_bytes) : slab.subarray(bytes);
      }
      this.emit("end");
      this.destroy();
    } catch (error) {
      this.destroy(error as Error);
    }
  }

  async #flush(): Promise<void> {
    if (this.#isWriting) return;
    this.#isWriting = true;
    try {
      while (this.#unsent.length > 0 && this.#corks === 0) {
        const [bytes, sent] = [joined(this.#unsent), this.#sent];
        this.#unsent = [];
        this.#sent = [];
        for (let at = 0; at < bytes.byteLength;) at += await this.#socket!.write(bytes.subarray(at));
        for (const tell of sent) tell();
      }
    } catch (error) {
      this.destroy(error as Error);
    }
    this.#isWriting = false;
    if (this.#isEnding) this.destroy();
  }
}

function joined(pieces: readonly Bytes[]): Bytes {
  if (pieces.length === 1) return pieces[0]!;
  const whole = new Uint8Array(pieces.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.byteLength;
  }
  return whole;
}

function closeQuietly(socket: Socket): void {
  try {
    socket.close();
  } catch {
    // It was closed before.
  }
}
