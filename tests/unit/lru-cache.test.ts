import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { LruCache } from "../../functions/_shared/lru-cache.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"], now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

const never = Infinity;

describe("LruCache", () => {
  test("gives what was set last, and nothing else", () => {
    const cache = new LruCache<number>({ maxEntries: 2, maxAge_ms: 100 });
    cache.set("a", 1, never);
    cache.set("a", 2, never);
    expect([cache.get("a"), cache.get("b")]).toEqual([2, undefined]);
  });

  test("forgets what expires, in the millisecond it does", () => {
    const cache = new LruCache<number>({ maxEntries: 2, maxAge_ms: 100 });
    cache.set("a", 1, Date.now() + 10);
    vi.advanceTimersByTime(9);
    expect(cache.get("a")).toBe(1);
    vi.advanceTimersByTime(1);
    expect(cache.get("a")).toBeUndefined();
  });

  test("forgets everything at the maximum age, however often it was used", () => {
    const cache = new LruCache<number>({ maxEntries: 2, maxAge_ms: 100 });
    cache.set("a", 1, never);
    vi.advanceTimersByTime(99);
    expect(cache.get("a")).toBe(1);
    vi.advanceTimersByTime(1);
    expect(cache.get("a")).toBeUndefined();
  });

  test("makes room by what was used longest ago", () => {
    const cache = new LruCache<number>({ maxEntries: 2, maxAge_ms: 100 });
    cache.set("a", 1, never);
    cache.set("b", 2, never);
    cache.get("a");
    cache.set("c", 3, never);
    expect(["a", "b", "c"].map((key) => cache.get(key))).toEqual([1, undefined, 3]);
  });

  test("makes no room for what it has already", () => {
    const cache = new LruCache<number>({ maxEntries: 2, maxAge_ms: 100 });
    cache.set("a", 1, never);
    cache.set("b", 2, never);
    cache.set("b", 3, never);
    expect([cache.get("a"), cache.get("b")]).toEqual([1, 3]);
  });
});
