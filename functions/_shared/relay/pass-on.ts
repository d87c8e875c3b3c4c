/** Passing on an answer that credits pay for: a short JSON answer at once, any other as it comes. */
import { ByokError } from "../errors.ts";
import { limitWait } from "../waits.ts";
import { type SeenEnding, type WatchOptions, reportOf, watchAnswer } from "./answer.ts";
import { Inspector } from "./inspector.ts";
import { sourceOf } from "./source.ts";

type Bytes = Uint8Array<ArrayBuffer>;

export interface PassOnOptions extends WatchOptions {
  /** Whether the client has left. Of an answer that is passed on as it comes, the stream is cancelled then. */
  isClientGone(): boolean;
}

/** Longest answer that is read at once, in bytes by its announced length, and how long after its head it may be whole, in ms. */
const atOnce = { max_bytes: 64 * 1024, patience_ms: 1_000 };

/**
 * Passes an answer on and reports how it ended, as `watchAnswer` does. No JSON answer passes before it is whole, so a short one is
 * read without a stream, which takes a tenth of the CPU time of a call. If it takes its time, the client gets the head meanwhile.
 *
 * @throws ByokError `provider_misbehaved` for a short answer that breaks off; as `options.charged` rejects. Both are reported.
 */
export async function passOn(
  { body, headers }: { readonly body: ReadableStream<Bytes>; readonly headers: Headers },
  options: PassOnOptions,
): Promise<Bytes | ReadableStream<Bytes>> {
  const length_bytes = shortLength(headers);
  if (options.form.isStream || length_bytes === null) return watchAnswer(sourceOf(body), options);
  const reading = readWhole(body, length_bytes);
  const inspector = new Inspector(options.form);
  const report = (ending: SeenEnding, delivered = nothing) => options.onEnd(reportOf(inspector, ending, delivered));
  try {
    const whole = await inTime(reading);
    if (whole === null) return watchAnswer(onceRead(reading), options);
    inspector.add(whole);
  } catch {
    report("broken_off");
    throw new ByokError("provider_misbehaved");
  }
  try {
    await options.charged;
  } catch (error) {
    report("withheld");
    throw error;
  }
  const { bytes, hasContent } = inspector.take(true) ?? { bytes: new Uint8Array(), hasContent: false };
  if (options.isClientGone()) report("client_gone");
  else report("complete", { contentDelivered: hasContent, delivered_bytes: bytes.byteLength });
  return bytes;
}

const nothing = { contentDelivered: false, delivered_bytes: 0 };

/** Null for an answer that is long, or of unknown length. */
function shortLength(headers: Headers): number | null {
  const announced = headers.get("content-length") ?? "";
  return /^\d{1,5}$/.test(announced) && Number(announced) <= atOnce.max_bytes ? Number(announced) : null;
}

/** Throws for a body that breaks off. Deno 2.1 takes the end of the connection for the end of the body. */
async function readWhole(body: ReadableStream<Bytes>, length_bytes: number): Promise<Bytes> {
  const whole = new Uint8Array(await new Response(body).arrayBuffer());
  if (whole.byteLength < length_bytes) throw new Error("The body is shorter than announced.");
  return whole;
}

/** Null for an answer that takes longer. */
function inTime(reading: Promise<Bytes>): Promise<Bytes | null> {
  return new Promise((resolve, reject) => {
    const endWait = limitWait(atOnce.patience_ms, () => resolve(null));
    reading.finally(endWait).then(resolve, reject);
  });
}

/** A body that is being read cannot be given up: as its length is known, the provider has made it and it costs nothing more. */
function onceRead(reading: Promise<Bytes>) {
  let isRead = false;
  return {
    async read() {
      if (isRead) return null;
      isRead = true;
      const whole = await reading;
      return whole.byteLength === 0 ? null : whole;
    },
    cancel: () => Promise.resolve(),
  };
}
