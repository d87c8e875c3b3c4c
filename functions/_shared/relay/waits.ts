/** Time limits of waits, all by one timer: to set and clear a timer of its own took more of a call than reading its URL. */

/** Between two looks at the waits, in ms: a wait ends so much late at most. */
const tick_ms = 100;

interface Wait {
  left_ms: number;
  readonly over: () => void;
}

const waits = new Set<Wait>();
let timer: ReturnType<typeof setInterval> | undefined;

/**
 * Calls `over` when `timeout_ms` have passed, or up to 100 ms later.
 *
 * @returns ends the wait, so that `over` is not called any more
 */
export function limitWait(timeout_ms: number, over: () => void): () => void {
  // The first look may come at once.
  const wait = { left_ms: timeout_ms + tick_ms, over };
  waits.add(wait);
  timer ??= setInterval(look, tick_ms);
  return () => void waits.delete(wait);
}

/** The timer goes on until a look finds no wait: calls that follow one another need no other. */
function look(): void {
  if (waits.size === 0) {
    clearInterval(timer);
    timer = undefined;
  }
  for (const wait of waits) {
    wait.left_ms -= tick_ms;
    if (wait.left_ms > 0) continue;
    waits.delete(wait);
    wait.over();
  }
}
