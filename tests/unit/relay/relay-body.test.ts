import { describe, expect, test, vi } from "vitest";
import { type Ending, watchBody } from "../../../functions/_shared/relay/relay.ts";

describe("watchBody()", () => {
  function watched(stallMs = 60_000) {
    const endings: [Ending, number][] = [];
    const source = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>();
    const cancelled = vi.fn();
    const writer = source.writable.getWriter();
    writer.closed.catch(cancelled);
    const body = watchBody(source.readable, stallMs, (ending, receivedBytes) => endings.push([ending, receivedBytes]));
    return { body, endings, writer, cancelled };
  }
  const bytes = (text: string) => new TextEncoder().encode(text);
  /** Lets everything happen that only waits for its turn. */
  const settle = () => new Promise((resolve) => setImmediate(resolve));

  test("passes chunks on as they come, and tells the end with the bytes that came", async () => {
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
    expect(endings).toEqual([["provider_failed", 5]]);
  });

  test("gives up a provider that is silent for too long, and lets it go", async () => {
    const { body, endings, cancelled } = watched(20);
    await expect(new Response(body).text()).rejects.toThrow("The provider broke off.");
    await settle();
    expect(endings).toEqual([["provider_failed", 0]]);
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
});
