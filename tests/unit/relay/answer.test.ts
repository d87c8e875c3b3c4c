import { describe, expect, test, vi } from "vitest";
import { type Ending, watchAnswer } from "../../../functions/_shared/relay/answer.ts";

describe("watchAnswer()", () => {
  function watched(stallTimeout_ms = 60_000, charged?: Promise<unknown>) {
    const endings: [Ending, number][] = [];
    const source = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>();
    const cancelled = vi.fn();
    const writer = source.writable.getWriter();
    writer.closed.catch(cancelled);
    const body = watchAnswer(source.readable, {
      stallTimeout_ms,
      ...(charged ? { charged } : {}),
      onEnd: ({ ending, deliveredBytes }) => endings.push([ending, deliveredBytes]),
    });
    return { body, endings, writer, cancelled };
  }
  const bytes = (text: string) => new TextEncoder().encode(text);
  /** Lets everything happen that only waits for its turn. */
  const settle = () => new Promise((resolve) => setImmediate(resolve));

  test("passes chunks on as they come, and tells the end with the bytes that were passed on", async () => {
    const { body, endings, writer } = watched();
    const reader = body.getReader();
    for (const text of ["first", "né"]) {
      await Promise.all([
        writer.write(bytes(text)),
        expect(reader.read()).resolves.toEqual({ done: false, value: bytes(text) }),
      ]);
    }
    expect(endings).toEqual([]);
    await writer.close();
    expect(await reader.read()).toEqual({ done: true, value: undefined });
    expect(endings).toEqual([["complete", 8]]);
  });

  test("tells an empty body from none that ended", async () => {
    const { body, endings, writer } = watched();
    await writer.close();
    expect(await new Response(body).text()).toBe("");
    expect(endings).toEqual([["complete", 0]]);
  });

  test("lets the provider go when the client leaves", async () => {
    const { body, cancelled } = watched();
    await settle();
    await body.cancel();
    await settle();
    expect(cancelled).toHaveBeenCalledOnce();
  });

  test("tells first that the client left", async () => {
    const { body, endings } = watched();
    await settle();
    await body.cancel();
    expect(endings[0]).toEqual(["client_gone", 0]);
  });

  test("tells once that the client left before anything came", async () => {
    const { body, endings } = watched();
    await settle();
    await body.cancel();
    await settle();
    expect(endings).toEqual([["client_gone", 0]]);
  });

  test("tells once that the client left after a part", async () => {
    const { body, endings, writer } = watched();
    const reader = body.getReader();
    await Promise.all([writer.write(bytes("first")), reader.read()]);
    await reader.cancel();
    await settle();
    expect(endings).toEqual([["client_gone", 5]]);
  });

  test("tells that the provider broke off, and shows the client no reason", async () => {
    const { body, endings, writer } = watched();
    const reader = body.getReader();
    await Promise.all([writer.write(bytes("first")), reader.read()]);
    await writer.abort(new Error("s3cret"));
    await expect(reader.read()).rejects.toThrow(new Error("The provider broke off."));
    await settle();
    expect(endings).toEqual([["broken_off", 5]]);
  });

  test("gives up a provider that is silent for too long, and lets it go", async () => {
    const { body, endings, cancelled } = watched(20);
    await expect(new Response(body).text()).rejects.toThrow("The provider broke off.");
    await settle();
    expect(endings).toEqual([["stalled", 0]]);
    expect(cancelled).toHaveBeenCalledOnce();
  });

  test("counts the silence anew after every chunk, and not while the client is slow", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const { body, endings, writer } = watched(1000);
      const reader = body.getReader();
      for (let chunk = 0; chunk < 3; chunk++) {
        vi.advanceTimersByTime(900);
        await Promise.all([writer.write(bytes("x")), reader.read()]);
      }
      void writer.write(bytes("y"));
      await settle();
      vi.advanceTimersByTime(60_000);
      expect((await reader.read()).value).toEqual(bytes("y"));
      await writer.close();
      await reader.read();
      expect(endings).toEqual([["complete", 4]]);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  describe("until the charge is recorded", () => {
    test("holds back one chunk of a stream", async () => {
      const { body, writer, endings } = watched(60_000, new Promise(() => undefined));
      const reader = body.getReader();
      const first = reader.read();
      const seen = vi.fn();
      void first.then(seen);
      await writer.write(bytes("first"));
      await settle();
      expect(seen).not.toHaveBeenCalled();
      void writer.write(bytes("second"));
      expect((await first).value).toEqual(bytes("first"));
      await reader.cancel();
      expect(endings).toEqual([["client_gone", 5]]);
    });

    test("holds back the only chunk of an answer that is whole, and passes it on then", async () => {
      const charge = Promise.withResolvers<void>();
      const { body, writer, endings } = watched(60_000, charge.promise);
      const whole = new Response(body).text();
      await writer.write(bytes("whole"));
      await writer.close();
      await settle();
      expect(endings).toEqual([]);
      charge.resolve();
      expect(await whole).toBe("whole");
      expect(endings).toEqual([["complete", 5]]);
    });

    test("waits for the provider too, and passes on what comes after the charge as it comes", async () => {
      const charge = Promise.withResolvers<void>();
      const { body, writer, endings } = watched(60_000, charge.promise);
      const reader = body.getReader();
      const first = reader.read();
      await settle();
      charge.resolve();
      await settle();
      await writer.write(bytes("first"));
      expect((await first).value).toEqual(bytes("first"));
      await Promise.all([writer.write(bytes("next")), reader.read()]);
      await writer.close();
      expect((await reader.read()).done).toBe(true);
      expect(endings).toEqual([["complete", 9]]);
    });

    test("breaks off where the charge cannot be recorded, with the last chunk kept back", async () => {
      const charge = Promise.withResolvers<void>();
      const { body, writer, endings, cancelled } = watched(60_000, charge.promise);
      const reader = body.getReader();
      const first = reader.read();
      await writer.write(bytes("whole"));
      charge.reject(new Error("s3cret"));
      await expect(first).rejects.toThrow(new Error("The provider broke off."));
      await settle();
      expect(endings).toEqual([["withheld", 0]]);
      expect(cancelled).toHaveBeenCalledOnce();
    });
  });

  test("blames a break-off on a client that had stopped reading", async () => {
    const now = vi.spyOn(performance, "now").mockReturnValue(0);
    try {
      const { body, endings, writer } = watched();
      const reader = body.getReader();
      await Promise.all([writer.write(bytes("first")), reader.read()]);
      await settle();
      now.mockReturnValue(10_000);
      const second = reader.read();
      await writer.abort(new Error("reset"));
      await expect(second).rejects.toThrow("The provider broke off.");
      expect(endings).toEqual([["client_stalled", 5]]);
    } finally {
      now.mockRestore();
    }
  });
});
