/** Work that goes on after an answer. */
declare const EdgeRuntime: { waitUntil(promise: Promise<unknown>): void } | undefined;

/** Keeps the isolate alive until the work has ended: it may be taken for idle once the answer has gone out, or while it goes on. */
export function keepAlive(work: Promise<unknown>): void {
  if (typeof EdgeRuntime !== "undefined") EdgeRuntime.waitUntil(work);
}
