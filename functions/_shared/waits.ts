/** Time limits of waits, all by one timer: to set and clear a timer of its own took more of a call than reading its URL. */

/** Between two looks at the waits, in ms. */
const tick_ms = 100;

interface Wait {
  readonly timeout_ms: number;
  readonly over: () => void;
  /** By `performance.now()`; from the first look on, since Deno 2.1 takes 11 us to read that clock. */
  until_ms?: number;
}

const waits = new Set<Wait>();
let timer: ReturnType<typeof setInterval> | undefined;

/**
 * Calls `over` when `timeout_ms` have passed, or up to 200 ms later; on a busy event loop as much later as its timers are.
 *
 * @returns ends the wait, so that `over` is not called any more
 */
export function limitWait(timeout_ms: number, over: () => void): () => void {
  const wait: Wait = { timeout_ms, over };
  waits.add(wait);
  timer ??= setInterval(look, tick_ms);
  return () => void waits.delete(wait);
}

/** The timer goes on until a look finds no wait: calls that follow one another need no other. */
function look(): void {
  if (waits.size === 0) {
    clearInterval(timer);
    timer = undefined;
    return;
  }
  const now_ms = performance.now();
  for (const wait of waits) {
    wait.until_ms ??= now_ms + wait.timeout_ms;
    if (now_ms < wait.until_ms) continue;
    waits.delete(wait);
    wait.over();
  }
}
