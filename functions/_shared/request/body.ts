/** Reading request bodies without ever holding more than allowed. */
import { ByokError } from "../errors.ts";
import { isRecord, parseJson } from "../json.ts";

/**
 * Reads a body of at most `maxBytes` as text, in at most `timeoutMs` where that is given.
 *
 * @throws ByokError `body_too_large`; `invalid_request` if it is not UTF-8, did not come in time, or the client broke off.
 */
export async function readText(request: Request, maxBytes: number, timeoutMs?: number): Promise<string> {
  const patience = new AbortController();
  const timer = timeoutMs === undefined ? undefined : setTimeout(() => patience.abort(), timeoutMs);
  const limited = limitBody(request, maxBytes, patience.signal);
  try {
    const bytes = await new Response(limited.body).arrayBuffer();
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    if (limited.exceeded()) throw tooLarge(maxBytes);
    const message = patience.signal.aborted ? "The body did not come in time." : "The body is not UTF-8 text.";
    throw new ByokError("invalid_request", { message });
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Reads a JSON object of at most `maxBytes`, in at most `timeoutMs` where that is given.
 *
 * @throws ByokError `body_too_large`, `invalid_request`
 */
export async function readJsonObject(
  request: Request,
  maxBytes: number,
  timeoutMs?: number,
): Promise<Record<string, unknown>> {
  const value = parseJson(await readText(request, maxBytes, timeoutMs));
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
export function limitBody(request: Request, maxBytes: number, signal?: AbortSignal): LimitedBody {
  if (Number(request.headers.get("content-length")) > maxBytes) throw tooLarge(maxBytes);
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
        if (received <= maxBytes) return controller.enqueue(value);
        reader.cancel().catch(() => undefined);
        throw tooLarge(maxBytes);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
  return { body, exceeded: () => received > maxBytes };
}

export function tooLarge(maxBytes: number): ByokError {
  return new ByokError("body_too_large", {
    message: `The request body is larger than ${maxBytes} bytes.`,
    details: { max_bytes: maxBytes },
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
