import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Remembered } from "../../functions/_shared/remembered.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"], now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

const never = Infinity;

describe("Remembered", () => {
  test("gives what was set last, and nothing else", () => {
    const memory = new Remembered<number>({ maxEntries: 2, maxAge_ms: 100 });
    memory.set("a", 1, never);
    memory.set("a", 2, never);
    expect([memory.get("a"), memory.get("b")]).toEqual([2, undefined]);
  });

  test("forgets what expires, in the millisecond it does", () => {
    const memory = new Remembered<number>({ maxEntries: 2, maxAge_ms: 100 });
    memory.set("a", 1, Date.now() + 10);
    vi.advanceTimersByTime(9);
    expect(memory.get("a")).toBe(1);
    vi.advanceTimersByTime(1);
    expect(memory.get("a")).toBeUndefined();
  });

  test("forgets everything at the maximum age, however often it was used", () => {
    const memory = new Remembered<number>({ maxEntries: 2, maxAge_ms: 100 });
    memory.set("a", 1, never);
    vi.advanceTimersByTime(99);
    expect(memory.get("a")).toBe(1);
    vi.advanceTimersByTime(1);
    expect(memory.get("a")).toBeUndefined();
  });

  test("makes room by what was used longest ago", () => {
    const memory = new Remembered<number>({ maxEntries: 2, maxAge_ms: 100 });
    memory.set("a", 1, never);
    memory.set("b", 2, never);
    memory.get("a");
    memory.set("c", 3, never);
    expect(["a", "b", "c"].map((key) => memory.get(key))).toEqual([1, undefined, 3]);
  });

  test("makes no room for what it has already", () => {
    const memory = new Remembered<number>({ maxEntries: 2, maxAge_ms: 100 });
    memory.set("a", 1, never);
    memory.set("b", 2, never);
    memory.set("b", 3, never);
    expect([memory.get("a"), memory.get("b")]).toEqual([1, 3]);
  });
});
