import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type * as Waits from "../../functions/_shared/waits.ts";

let limitWait: typeof Waits.limitWait;

// Loaded anew, so that no timer of an earlier test goes on.
beforeEach(async () => {
  vi.resetModules();
  vi.useFakeTimers();
  ({ limitWait } = await import("../../functions/_shared/waits.ts"));
});
afterEach(() => {
  // A look that finds no wait ends the timer.
  vi.advanceTimersByTime(100);
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

test("a wait is over after its time, at most 200 ms late, and once", () => {
  const over = vi.fn();
  limitWait(1_000, over);
  vi.advanceTimersByTime(999);
  expect(over).not.toHaveBeenCalled();
  vi.advanceTimersByTime(201);
  expect(over).toHaveBeenCalledOnce();
  vi.advanceTimersByTime(10_000);
  expect(over).toHaveBeenCalledOnce();
});

test("a wait that begins just before a look has its whole time", () => {
  const [first, second] = [vi.fn(), vi.fn()];
  const end = limitWait(10_000, first);
  vi.advanceTimersByTime(99);
  limitWait(150, second);
  vi.advanceTimersByTime(149);
  expect(second).not.toHaveBeenCalled();
  vi.advanceTimersByTime(201);
  expect(second).toHaveBeenCalledOnce();
  expect(first).not.toHaveBeenCalled();
  end();
});

test("a wait is over in its time though looks are left out", () => {
  const over = vi.fn();
  limitWait(1_000, over);
  vi.advanceTimersByTime(100);
  const now_ms = performance.now();
  vi.spyOn(performance, "now").mockReturnValue(now_ms + 1_000);
  vi.advanceTimersByTime(100);
  expect(over).toHaveBeenCalledOnce();
  vi.restoreAllMocks();
});

test("a wait that has ended is never over, and others go on", () => {
  const [ended, other] = [vi.fn(), vi.fn()];
  const end = limitWait(300, ended);
  limitWait(300, other);
  end();
  vi.advanceTimersByTime(500);
  expect(ended).not.toHaveBeenCalled();
  expect(other).toHaveBeenCalledOnce();
});

test("many waits have one timer", () => {
  const ends = [limitWait(1_000, vi.fn()), limitWait(2_000, vi.fn())];
  expect(vi.getTimerCount()).toBe(1);
  for (const end of ends) end();
});
