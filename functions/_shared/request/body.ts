/** Reading request bodies without ever holding more than allowed. */
import { ByokError } from "../errors.ts";
import { isRecord, parseJson } from "../json.ts";

/**
 * Reads a body of at most `max_bytes` as text, in at most `timeout_ms` where that is given.
 *
 * @throws ByokError `body_too_large`; `invalid_request` if it is not UTF-8, did not come in time, or the client broke off.
 */
export async function readText(request: Request, max_bytes: number, timeout_ms?: number): Promise<string> {
  const patience = new AbortController();
  const timer = timeout_ms === undefined ? undefined : setTimeout(() => patience.abort(), timeout_ms);
  const limited = limitBody(request, max_bytes, patience.signal);
  try {
    const bytes = await new Response(limited.body).arrayBuffer();
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    if (limited.exceeded()) throw tooLarge(max_bytes);
    const message = patience.signal.aborted ? "The body did not come in time." : "The body is not UTF-8 text.";
    throw new ByokError("invalid_request", { message });
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Reads a JSON object of at most `max_bytes`, in at most `timeout_ms` where that is given.
 *
 * @throws ByokError `body_too_large`, `invalid_request`
 */
export async function readJsonObject(
  request: Request,
  max_bytes: number,
  timeout_ms?: number,
): Promise<Record<string, unknown>> {
  const value = parseJson(await readText(request, max_bytes, timeout_ms));
  if (!isRecord(value)) throw new ByokError("invalid_request", { message: "The body is not a JSON object." });
  return value;
}

export interface LimitedBody {
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>> | null;
  /** Whether the body went past the limit, which breaks its stream. */
  exceeded(): boolean;
}

/**
 * The body of a request, counted as it passes; the signal breaks its stream.
 *
 * @throws ByokError `body_too_large` if the declared length is past the limit
 */
export function limitBody(request: Request, max_bytes: number, signal?: AbortSignal): LimitedBody {
  if (Number(request.headers.get("content-length")) > max_bytes) throw tooLarge(max_bytes);
  if (request.body === null) return { body: null, exceeded: () => false };

  const reader = request.body.getReader();
  let received = 0;
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
        const { done, value } = await reader.read();
        if (signal?.aborted) return;
        if (done) return controller.close();
        received += value.byteLength;
        if (received <= max_bytes) return controller.enqueue(value);
        reader.cancel().catch(() => undefined);
        throw tooLarge(max_bytes);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
  return { body, exceeded: () => received > max_bytes };
}

export function tooLarge(max_bytes: number): ByokError {
  return new ByokError("body_too_large", {
    message: `The request body is larger than ${max_bytes} bytes.`,
    details: { max_bytes: max_bytes },
  });
}

/** A text as a stream. */
export function streamOf(text: string): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(text));
      controller.close();
    },
  });
}
