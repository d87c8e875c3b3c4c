/** Reading request bodies without ever holding more than allowed. */
import { ByokError } from "../errors.ts";
import { isRecord, parseJson } from "../json.ts";

/** As much of a request as reading its body needs. */
export type Incoming = Pick<Request, "headers" | "body"> & Partial<Pick<Request, "method" | "arrayBuffer">>;

/**
 * Reads a body of at most `max_bytes` as text, in at most `timeout_ms` where that is given.
 *
 * @throws ByokError `body_too_large`; `body_incomplete` if the client broke off; `invalid_request` if it is compressed, is not
 * UTF-8 or did not come in time
 */
export async function readText(request: Incoming, max_bytes: number, timeout_ms?: number): Promise<string> {
  refuseEncoded(request);
  const patience = new AbortController();
  const timer = timeout_ms === undefined ? undefined : setTimeout(() => patience.abort(), timeout_ms);
  const limited = limitBody(request, max_bytes, patience.signal);
  try {
    const bytes = await new Response(limited.body).arrayBuffer();
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    if (patience.signal.aborted) throw new ByokError("invalid_request", { message: "The body did not come in time." });
    throw limited.failure() ?? new ByokError("invalid_request", { message: "The body is not UTF-8 text." });
  } finally {
    clearTimeout(timer);
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
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>> | null;
  /** The refusal of a body that the client broke off or made too large: `body_too_large`, `body_incomplete`. */
  failure(): ByokError | null;
}

/** Longest body that is read at once, in bytes: most calls are such questions, and a stream of pieces costs three times as much. */
const small_bytes = 64 * 1024;

/**
 * Whether a body is small by its announced length. One of unknown length may be any, and so may one that comes in chunks: some
 * runtimes show the length beside them, which RFC 9112, section 6.3, says is not to be believed.
 */
export function isSmall({ headers }: Pick<Incoming, "headers">): boolean {
  const announced = headers.get("content-length") ?? "";
  return /^\d{1,5}$/.test(announced) && Number(announced) <= small_bytes && !headers.has("transfer-encoding");
}

/**
 * The body of a request, counted as it passes; the signal breaks its stream. A body that ends before the length that was
 * announced is broken too, for a runtime may take the end of the connection for the end of the body.
 *
 * @throws ByokError `body_too_large` if the declared length is past the limit
 */
export function limitBody(request: Incoming, max_bytes: number, signal?: AbortSignal): LimitedBody {
  const announced = Number(request.headers.get("content-length") ?? 0);
  if (announced > max_bytes) throw tooLarge(max_bytes);
  const isAtOnce = signal === undefined && isSmall(request);
  // Before its body is looked at, which makes a stream of it.
  if (isAtOnce && announced > 0 && request.arrayBuffer && request.method !== "GET" && request.method !== "HEAD") {
    return bodyAtOnce(request, () => request.arrayBuffer!(), announced, max_bytes);
  }
  const { body: whole } = request;
  if (whole === null) return { body: null, failure: () => null };
  if (isAtOnce) return bodyAtOnce(request, () => new Response(whole).arrayBuffer(), announced, max_bytes);

  const reader = whole.getReader();
  let received = 0;
  let failure: ByokError | null = null;
  const fail = (error: ByokError): never => {
    failure = error;
    throw error;
  };
  // Pulled, not piped through a TransformStream: that costs three times as much for a chunk.
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      start(controller) {
        signal?.addEventListener("abort", () => {
          controller.error(signal.reason);
          reader.cancel().catch(() => undefined);
        });
      },
      async pull(controller) {
        // Why a connection broke is nobody's business.
        const { done, value } = await reader.read().catch(() => fail(new ByokError("body_incomplete")));
        if (signal?.aborted) return;
        if (done && received < announced) fail(new ByokError("body_incomplete"));
        if (done) return controller.close();
        received += value.byteLength;
        if (received <= max_bytes) return controller.enqueue(value);
        reader.cancel().catch(() => undefined);
        fail(tooLarge(max_bytes));
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
  return { body, failure: () => failure };
}

/** A small body as a stream that is read whole when it is asked for. */
function bodyAtOnce(
  request: Incoming,
  read: () => Promise<ArrayBuffer>,
  announced: number,
  max_bytes: number,
): LimitedBody {
  let failure: ByokError | null = null;
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        const bytes = await read().catch(() => null);
        if (bytes === null || bytes.byteLength < announced) throw (failure = new ByokError("body_incomplete"));
        if (bytes.byteLength > max_bytes) throw (failure = tooLarge(max_bytes));
        controller.enqueue(new Uint8Array(bytes));
        controller.close();
      },
      // A body that is being read cannot be broken off.
      cancel: () => request.body?.cancel().catch(() => undefined),
    },
    { highWaterMark: 0 },
  );
  return { body: stream, failure: () => failure };
}

export function tooLarge(max_bytes: number): ByokError {
  return new ByokError("body_too_large", {
    message: `The request body is larger than ${max_bytes} bytes.`,
    details: { max_bytes },
  });
}

/** A text as a stream, which fetch cannot send a second time: see `body` in relay/relay.ts. */
export function streamOf(text: string): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(text));
      controller.close();
    },
  });
}
