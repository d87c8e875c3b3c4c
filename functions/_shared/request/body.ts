/** Reading request bodies without ever holding more than allowed. */
import { ByokError } from "../errors.ts";
import { isRecord, parseJson } from "../json.ts";
import { limitWait } from "../waits.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** As much of a request as reading its body needs. Of a body that has been read its bytes are there. */
export interface Incoming {
  readonly headers: Headers;
  readonly body: ReadableStream<Bytes> | Bytes | null;
  readonly method?: string;
  arrayBuffer?(): Promise<ArrayBuffer>;
}

/**
 * Reads a body of at most `max_bytes`, in at most `timeout_ms` where that is given.
 *
 * @throws ByokError `body_too_large`; `body_incomplete` if the client broke off; `invalid_request` if it did not come in time
 */
export async function readWhole(request: Incoming, max_bytes: number, timeout_ms?: number): Promise<Bytes> {
  const announced = announcedLength(request.headers, max_bytes);
  const bytes = await (readerOfSmall(request)?.(timeout_ms) ?? readPieces(request, max_bytes, timeout_ms));
  return requireWhole(bytes, announced, max_bytes);
}

/** A runtime may take the end of the connection for the end of the body. */
function requireWhole(bytes: Bytes | null, announced: number, max_bytes: number): Bytes {
  if (bytes === null || bytes.byteLength < announced) throw new ByokError("body_incomplete");
  if (bytes.byteLength > max_bytes) throw tooLarge(max_bytes);
  return bytes;
}

/** Null for a body that breaks off. It is read no further than `max_bytes`. */
async function readPieces({ body }: Incoming, max_bytes: number, timeout_ms?: number): Promise<Bytes | null> {
  if (body === null) return new Uint8Array();
  if (body instanceof Uint8Array) return body;
  const reader = body.getReader();
  const end = () => void reader.cancel().catch(() => undefined);
  const pieces: Bytes[] = [];
  const read = async () => {
    for (let received = 0; received <= max_bytes;) {
      const { done, value } = await reader.read();
      if (done) break;
      received += value.byteLength;
      pieces.push(value);
    }
    end();
    return joined(pieces);
  };
  return await inTime(
    read().catch(() => null),
    timeout_ms,
    end,
  );
}

function joined(pieces: readonly Bytes[]): Bytes {
  const whole = new Uint8Array(pieces.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.byteLength;
  }
  return whole;
}

/** @throws ByokError `invalid_request` when the time is over; `end` is called then */
function inTime<Result>(work: Promise<Result>, timeout_ms: number | undefined, end: () => void): Promise<Result> {
  if (timeout_ms === undefined) return work;
  return new Promise((resolve, reject) => {
    const endWait = limitWait(timeout_ms, () => {
      reject(new ByokError("invalid_request", { message: "The body did not come in time." }));
      end();
    });
    work.finally(endWait).then(resolve, reject);
  });
}

/** 0 without an announced length. */
function announcedLength(headers: Headers, max_bytes: number): number {
  const announced = Number(headers.get("content-length") ?? 0);
  if (announced > max_bytes) throw tooLarge(max_bytes);
  return announced;
}

/**
 * Reads a body as text, as `readWhole` does.
 *
 * @throws ByokError as `readWhole`, and `invalid_request` if it is compressed or is not UTF-8
 */
export async function readText(request: Incoming, max_bytes: number, timeout_ms?: number): Promise<string> {
  refuseEncoded(request);
  const bytes = await readWhole(request, max_bytes, timeout_ms);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new ByokError("invalid_request", { message: "The body is not UTF-8 text." });
  }
}

/** We decompress nothing: a few bytes may unpack to any number. */
export function refuseEncoded({ headers }: Pick<Request, "headers">): void {
  const encoding = headers.get("content-encoding") ?? "identity";
  if (/^\s*identity\s*$/i.test(encoding)) return;
  const named = /^[\w, -]{1,40}$/.test(encoding) ? ` (${encoding})` : "";
  throw new ByokError("invalid_request", {
    message: `The body is compressed${named}, which is not read here: send it without content-encoding.`,
    details: { field: "content-encoding" },
  });
}

/**
 * Reads a JSON object of at most `max_bytes`, in at most `timeout_ms` where that is given.
 *
 * @throws ByokError `body_too_large`, `body_incomplete`, `invalid_request`
 */
export async function readJsonObject(
  request: Incoming,
  max_bytes: number,
  timeout_ms?: number,
): Promise<Record<string, unknown>> {
  const value = parseJson(await readText(request, max_bytes, timeout_ms));
  if (!isRecord(value)) throw new ByokError("invalid_request", { message: "The body is not a JSON object." });
  return value;
}

export interface LimitedBody {
  readonly body: ReadableStream<Bytes> | null;
  /**
   * The refusal of a body that the client broke off or made too large: `body_too_large`, `body_incomplete`. To be awaited before it is
   * answered: the rest of the body is taken meanwhile.
   */
  failure(): Promise<ByokError | null>;
}

/** Longest body that is read at once, in bytes: most calls are such questions, and a stream of pieces costs three times as much. */
export const small_bytes = 64 * 1024;

/**
 * Whether a body is small by its announced length. One of unknown length may be any, and so may one that comes in chunks: some
 * runtimes show the length beside them, which RFC 9112, section 6.3, says is not to be believed.
 */
export function isSmall({ headers }: Pick<Incoming, "headers">): boolean {
  const announced = headers.get("content-length") ?? "";
  return /^\d{1,5}$/.test(announced) && Number(announced) <= small_bytes && !headers.has("transfer-encoding");
}

/**
 * Reads a small body in one piece, null if it breaks off. Undefined for another one. To be asked before the body is looked at, which
 * makes a stream of it.
 */
function readerOfSmall(request: Incoming): ((timeout_ms?: number) => Promise<Bytes | null>) | undefined {
  if (!isSmall(request)) return undefined;
  const { headers, method } = request;
  const hasOwnReader =
    request.arrayBuffer && method !== "GET" && method !== "HEAD" && headers.get("content-length") !== "0";
  const body = hasOwnReader ? null : request.body;
  if (!hasOwnReader && !(body instanceof ReadableStream)) return undefined;
  const read = () => (hasOwnReader ? request.arrayBuffer!() : new Response(body).arrayBuffer());
  const whole = () =>
    read()
      .then((buffer) => new Uint8Array(buffer))
      .catch(() => null);
  // A body that is being read cannot be broken off.
  return (timeout_ms) => inTime(whole(), timeout_ms, () => undefined);
}

/**
 * The body of a request, counted as it passes. A body that ends before the length that was announced is broken, for a runtime may
 * take the end of the connection for the end of the body.
 *
 * @throws ByokError `body_too_large` if the declared length is past the limit
 */
export function limitBody(request: Incoming, max_bytes: number): LimitedBody {
  const announced = announcedLength(request.headers, max_bytes);
  const small = readerOfSmall(request);
  if (small) return bodyAtOnce(request, small, announced, max_bytes);
  const { body: whole } = request;
  if (whole === null) return { body: null, failure: () => Promise.resolve(null) };
  if (whole instanceof Uint8Array) return { body: streamOf(whole), failure: () => Promise.resolve(null) };

  const reader = whole.getReader();
  let received = 0;
  let failure: ByokError | null = null;
  let rest: Promise<void> | null = null;
  const fail = (error: ByokError): never => {
    failure = error;
    throw error;
  };
  // Pulled, not piped through a TransformStream: that costs three times as much for a chunk.
  const body = new ReadableStream<Bytes>(
    {
      async pull(controller) {
        // Why a connection broke is nobody's business.
        const { done, value } = await reader.read().catch(() => fail(new ByokError("body_incomplete")));
        if (done && received < announced) fail(new ByokError("body_incomplete"));
        if (done) return controller.close();
        received += value.byteLength;
        if (received <= max_bytes) return controller.enqueue(value);
        rest = discardRest(reader);
        fail(tooLarge(max_bytes));
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
  const failureAtEnd = async () => {
    await rest;
    return failure;
  };
  return { body, failure: failureAtEnd };
}

/** How long the rest of a body that is too large is taken, in ms. */
const lingering_ms = 2_000;

/**
 * Takes the rest of a body and throws it away. A connection that is closed while its client still sends is reset, and the client
 * may lose the answer that says why (https://www.rfc-editor.org/rfc/rfc9112#section-9.6).
 */
async function discardRest(reader: ReadableStreamDefaultReader<Bytes>): Promise<void> {
  const endWait = limitWait(lingering_ms, () => void reader.cancel().catch(() => undefined));
  try {
    while (!(await reader.read()).done);
  } catch {
    // The client has left.
  } finally {
    endWait();
  }
}

/** A small body as a stream that is read whole when it is asked for. */
function bodyAtOnce(
  request: Incoming,
  read: () => Promise<Bytes | null>,
  announced: number,
  max_bytes: number,
): LimitedBody {
  let failure: ByokError | null = null;
  const stream = new ReadableStream<Bytes>(
    {
      async pull(controller) {
        const bytes = await read();
        let whole: Bytes;
        try {
          whole = requireWhole(bytes, announced, max_bytes);
        } catch (error) {
          failure = error as ByokError;
          throw error;
        }
        // Throws if the stream was cancelled meanwhile, which is no refusal of the body.
        controller.enqueue(whole);
        controller.close();
      },
      cancel: () => (request.body instanceof ReadableStream ? request.body.cancel().catch(() => undefined) : undefined),
    },
    { highWaterMark: 0 },
  );
  return { body: stream, failure: () => Promise.resolve(failure) };
}

export function tooLarge(max_bytes: number): ByokError {
  return new ByokError("body_too_large", {
    message: `The request body is larger than ${max_bytes} bytes.`,
    details: { max_bytes },
  });
}

/** A body as a stream, which fetch cannot send a second time: see `body` in relay/relay.ts. */
export function streamOf(body: string | Bytes): ReadableStream<Bytes> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(typeof body === "string" ? new TextEncoder().encode(body) : body);
      controller.close();
    },
  });
}
