import { afterEach, describe, expect, test, vi } from "vitest";
import { type AnswerReport, watchAnswer } from "../../../functions/_shared/relay/answer.ts";
import { dialects } from "../../../functions/_shared/relay/dialects.ts";
import { sourceOf } from "../../../functions/_shared/relay/source.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const stream = { dialect: dialects.chatCompletions, isStream: true };
const json = { dialect: dialects.chatCompletions, isStream: false };

afterEach(() => void vi.useRealTimers());

function watched({
  form = stream,
  stallTimeout_ms = 60_000,
  charged = undefined as Promise<unknown> | undefined,
} = {}) {
  const reports: AnswerReport[] = [];
  const source = new TransformStream<Bytes, Bytes>(undefined, undefined, { highWaterMark: 100 });
  const cancelled = vi.fn();
  const writer = source.writable.getWriter();
  writer.closed.catch(cancelled);
  const options = { form, stallTimeout_ms, onEnd: (report: AnswerReport) => reports.push(report) };
  const body = watchAnswer(sourceOf(source.readable), { ...options, ...(charged ? { charged } : {}) });
  const endings = () => reports.map(({ ending, delivered_bytes }) => [ending, delivered_bytes]);
  return { body, reports, endings, writer, cancelled, send: (text: string) => writer.write(bytes(text)) };
}

const fakedTimers = ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance", "Date"] as const;

const bytes = (text: string) => new TextEncoder().encode(text);
const says = (content: string) => `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`;
const preamble = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { role: "assistant", content: "" } }] })}\n\n`;
/** Lets everything happen that only waits for its turn. */
const settle = () => new Promise((resolve) => setImmediate(resolve));
const textOf = async (read: Promise<ReadableStreamReadResult<Bytes>>) => new TextDecoder().decode((await read).value);

describe("watchAnswer()", () => {
  test("passes events on as they come until there is content, and tells the end with the bytes that were passed on", async () => {
    const { body, endings, reports, send, writer } = watched();
    const reader = body.getReader();
    for (const event of [": ping\n\n", preamble, says("né")]) {
      await send(event);
      expect(await textOf(reader.read())).toBe(event);
    }
    expect(endings()).toEqual([]);
    await writer.close();
    expect(await reader.read()).toEqual({ done: true, value: undefined });
    expect(endings()).toEqual([["complete", bytes(`: ping\n\n${preamble}${says("né")}`).length]]);
    expect(reports[0]).toMatchObject({ contentDelivered: true, usage: null });
  });

  test("gathers events that come soon after content, and passes them on together before long", async () => {
    const { body, send, writer } = watched();
    const reader = body.getReader();
    await send(says("first"));
    expect(await textOf(reader.read())).toBe(says("first"));
    for (const word of ["second", "third"]) await send(says(word));
    expect(await textOf(reader.read())).toBe(says("second") + says("third"));
    await send(says("last"));
    await writer.close();
    expect(await textOf(reader.read())).toBe(says("last"));
  });

  test("passes on every byte of an answer whose events are cut anywhere", async () => {
    const { body, send, writer, reports } = watched();
    const text = preamble + Array.from({ length: 200 }, (_, word) => says(`né${word}`)).join("") + "data: [DONE]\n\n";
    const whole = new Response(body).text();
    const all = bytes(text);
    for (let at = 0; at < all.length; at += 37) await writer.write(all.slice(at, at + 37));
    await send("rest");
    await writer.close();
    expect(await whole).toBe(`${text}rest`);
    expect(reports[0]?.delivered_bytes).toBe(all.length + 4);
  });

  test("passes on a JSON answer once it is whole, and one too long to keep as it comes", async () => {
    const short = watched({ form: json });
    const reader = short.body.getReader();
    const first = reader.read();
    await short.send('{"choices":[{"message":');
    await settle();
    await short.send('{"content":"Hi"}}]}');
    await short.writer.close();
    expect(await textOf(first)).toBe('{"choices":[{"message":{"content":"Hi"}}]}');

    const long = watched({ form: json });
    await long.send("x".repeat(300_000));
    expect((await long.body.getReader().read()).value).toHaveLength(300_000);
    expect(long.reports).toEqual([]);
  });

  test("tells an empty body from none that ended", async () => {
    const { body, writer, reports } = watched();
    await writer.close();
    expect(await new Response(body).text()).toBe("");
    const nothing = { contentDelivered: false, contentLost: false, delivered_bytes: 0, usage: null };
    expect(reports).toEqual([{ ending: "complete", ...nothing }]);
  });

  test("reads byte streams too", async () => {
    const reports: AnswerReport[] = [];
    const source = new ReadableStream<Bytes>({
      type: "bytes",
      start(controller) {
        for (const event of [preamble, says("one"), says("two")]) controller.enqueue(bytes(event));
        controller.close();
      },
    });
    const options = { form: stream, stallTimeout_ms: 60_000, onEnd: (report: AnswerReport) => reports.push(report) };
    expect(await new Response(watchAnswer(sourceOf(source), options)).text()).toBe(
      preamble + says("one") + says("two"),
    );
    expect(reports).toMatchObject([{ ending: "complete", contentDelivered: true }]);
  });

  test("tells once that the client left, and lets the provider go", async () => {
    const { body, endings, cancelled } = watched();
    await settle();
    await body.cancel();
    await settle();
    expect(endings()).toEqual([["client_gone", 0]]);
    expect(cancelled).toHaveBeenCalledOnce();
  });

  test("tells whether a client that left had been given content", async () => {
    for (const [event, contentDelivered] of [
      [preamble, false],
      [says("Hi"), true],
    ] as const) {
      const { body, send, reports } = watched();
      const reader = body.getReader();
      await send(event);
      await reader.read();
      await reader.cancel();
      expect(reports).toMatchObject([{ ending: "client_gone", contentDelivered }]);
    }
  });

  test("takes an answer for complete whose client leaves after the provider's last count", async () => {
    const { body, send, reports } = watched();
    const reader = body.getReader();
    await send(says("Hi"));
    await reader.read();
    await send('data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}\n\ndata: [DONE]\n\n');
    await reader.read();
    await reader.cancel();
    expect(reports).toMatchObject([{ ending: "complete", usage: { input_tokens: 3, output_tokens: 2 } }]);
  });

  test("tells that the provider broke off, after the client has read what came, and shows no reason", async () => {
    const { body, endings, writer, send } = watched();
    const reader = body.getReader();
    await send(says("Hi"));
    expect(await textOf(reader.read())).toBe(says("Hi"));
    await send(says("you"));
    await settle();
    await writer.abort(new Error("s3cret"));
    await settle();
    expect(await textOf(reader.read())).toBe(says("you"));
    await expect(reader.read()).rejects.toThrow(new Error("The provider broke off."));
    expect(endings()).toEqual([["broken_off", says("Hi").length + says("you").length]]);
  });

  test("tells once how it ended, also where the client leaves before it has seen that", async () => {
    const charge = Promise.withResolvers<void>();
    const { body, endings, send } = watched({ charged: charge.promise });
    await send(preamble);
    await send(says("Hi"));
    await settle();
    charge.reject(new Error("down"));
    await settle();
    await body.cancel();
    expect(endings()).toEqual([["withheld", preamble.length]]);
  });

  test("gives up a provider that is silent for too long, and lets it go", async () => {
    const { body, endings, cancelled } = watched({ stallTimeout_ms: 20 });
    await expect(new Response(body).text()).rejects.toThrow("The provider broke off.");
    await settle();
    expect(endings()).toEqual([["stalled", 0]]);
    expect(cancelled).toHaveBeenCalledOnce();
  });

  test("counts the silence from each chunk on, and not while the client is slow", async () => {
    vi.useFakeTimers({ toFake: [...fakedTimers] });
    const { body, endings, send, writer } = watched({ stallTimeout_ms: 1000 });
    const reader = body.getReader();
    for (let chunk = 0; chunk < 3; chunk++) {
      vi.advanceTimersByTime(900);
      await Promise.all([send(": x\n\n"), reader.read()]);
      await settle();
    }
    await send(": y\n\n");
    await settle();
    vi.advanceTimersByTime(5000);
    expect(await textOf(reader.read())).toBe(": y\n\n");
    await writer.close();
    expect((await reader.read()).done).toBe(true);
    expect(endings()).toEqual([["complete", 20]]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("notices a silence a twentieth of its time late at most", async () => {
    vi.useFakeTimers({ toFake: [...fakedTimers] });
    const { body, endings } = watched({ stallTimeout_ms: 1000 });
    const reading = new Response(body).text();
    reading.catch(() => undefined);
    await settle();
    vi.advanceTimersByTime(999);
    expect(endings()).toEqual([]);
    vi.advanceTimersByTime(51);
    expect(endings()).toEqual([["stalled", 0]]);
    await expect(reading).rejects.toThrow("The provider broke off.");
  });

  test("blames a break-off on a client that had stopped reading", async () => {
    vi.useFakeTimers({ toFake: [...fakedTimers] });
    const { body, send, writer, reports } = watched();
    await send(": one\n\n");
    await settle();
    vi.advanceTimersByTime(10_000);
    const reader = body.getReader();
    await reader.read();
    await settle();
    await writer.abort(new Error("reset"));
    await expect(reader.read()).rejects.toThrow("The provider broke off.");
    expect(reports).toMatchObject([{ ending: "client_stalled" }]);
  });

  describe("until the charge is recorded", () => {
    test("holds back the last events of a stream", async () => {
      const { body, send, endings } = watched({ charged: new Promise(() => undefined) });
      const reader = body.getReader();
      const first = reader.read();
      const seen = vi.fn();
      void first.then(seen);
      await send(preamble);
      await settle();
      expect(seen).not.toHaveBeenCalled();
      await send(says("Hi"));
      expect(await textOf(first)).toBe(preamble);
      await reader.cancel();
      expect(endings()).toEqual([["client_gone", preamble.length]]);
    });

    test.each([
      ["stream", stream, says("whole")],
      ["JSON answer", json, '{"choices":[]}'],
    ])("holds back a %s that came at once, and passes it on then", async (_, form, text) => {
      const charge = Promise.withResolvers<void>();
      const { body, send, writer, endings } = watched({ form, charged: charge.promise });
      const whole = new Response(body).text();
      await send(text);
      await writer.close();
      await settle();
      expect(endings()).toEqual([]);
      charge.resolve();
      expect(await whole).toBe(text);
      expect(endings()).toEqual([["complete", text.length]]);
    });

    test("passes on what comes after the charge as it comes", async () => {
      const charge = Promise.withResolvers<void>();
      const { body, send, writer, endings } = watched({ charged: charge.promise });
      const reader = body.getReader();
      charge.resolve();
      await settle();
      await send(preamble);
      expect(await textOf(reader.read())).toBe(preamble);
      await writer.close();
      expect((await reader.read()).done).toBe(true);
      expect(endings()).toEqual([["complete", preamble.length]]);
    });

    test.each([false, true])(
      "breaks off where the charge cannot be recorded, with the last events kept back (at its end: %s)",
      async (isWhole) => {
        const charge = Promise.withResolvers<void>();
        const { body, send, writer, endings } = watched({ charged: charge.promise });
        const first = body.getReader().read();
        await send(says("whole"));
        if (isWhole) await writer.close();
        await settle();
        charge.reject(new Error("s3cret"));
        await expect(first).rejects.toThrow(new Error("The provider broke off."));
        expect(endings()).toEqual([["withheld", 0]]);
      },
    );
  });
});
