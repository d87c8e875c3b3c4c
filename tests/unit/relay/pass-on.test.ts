import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { AnswerReport } from "../../../functions/_shared/relay/answer.ts";
import { ByokError } from "../../../functions/_shared/errors.ts";
import { dialects } from "../../../functions/_shared/relay/dialects.ts";
import type * as PassOn from "../../../functions/_shared/relay/pass-on.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const json = { dialect: dialects.chatCompletions, isStream: false };
const answer = JSON.stringify({
  choices: [{ message: { content: "Hi" } }],
  usage: { prompt_tokens: 3, completion_tokens: 2 },
});
const bytes = (text: string) => new TextEncoder().encode(text);

let passOn: typeof PassOn.passOn;

// Loaded anew, so that no timer of an earlier test goes on; nor may one of these.
beforeAll(async () => {
  vi.resetModules();
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
  ({ passOn } = await import("../../../functions/_shared/relay/pass-on.ts"));
});
afterAll(() => {
  vi.advanceTimersByTime(100);
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

function passedOn({
  form = json,
  length = String(answer.length) as string | null,
  charged = undefined as Promise<unknown> | undefined,
  isClientGone = false,
} = {}) {
  const reports: AnswerReport[] = [];
  const source = new TransformStream<Bytes, Bytes>(undefined, undefined, { highWaterMark: 100 });
  const writer = source.writable.getWriter();
  writer.closed.catch(() => undefined);
  const headers = new Headers(length === null ? {} : { "content-length": length });
  const passed = passOn(
    { body: source.readable, headers },
    {
      ...{ form, stallTimeout_ms: 60_000, ...(charged ? { charged } : {}) },
      isClientGone: () => isClientGone,
      onEnd: (report) => reports.push(report),
    },
  );
  return { passed, reports, writer, send: (text: string) => writer.write(bytes(text)) };
}

async function ended(passed: Promise<Bytes | ReadableStream<Bytes>>) {
  const body = await passed;
  return { isAtOnce: body instanceof Uint8Array, text: await new Response(body).text() };
}

test("passes a short JSON answer on in one piece, and reports what it held", async () => {
  const { passed, reports, send, writer } = passedOn();
  await send(answer.slice(0, 10));
  await send(answer.slice(10));
  await writer.close();
  expect(await ended(passed)).toEqual({ isAtOnce: true, text: answer });
  const usage = { input_tokens: 3, cached_input_tokens: 0, cache_write_tokens: 0, output_tokens: 2 };
  const delivered = { contentDelivered: true, delivered_bytes: answer.length };
  expect(reports).toEqual([{ ending: "complete", ...delivered, contentLost: false, usage }]);
});

test("waits for the charge", async () => {
  const charge = Promise.withResolvers<void>();
  const { passed, reports, send, writer } = passedOn({ charged: charge.promise });
  await send(answer);
  await writer.close();
  const isCharged = vi.fn();
  void passed.then(isCharged);
  await new Promise((resolve) => setImmediate(resolve));
  expect(isCharged).not.toHaveBeenCalled();
  expect(reports).toEqual([]);
  charge.resolve();
  expect(await ended(passed)).toEqual({ isAtOnce: true, text: answer });
});

test("withholds an answer that cannot be charged", async () => {
  const reason = new ByokError("database_unavailable");
  const { passed, reports, send, writer } = passedOn({ charged: Promise.reject(reason) });
  await send(answer);
  await writer.close();
  await expect(passed).rejects.toBe(reason);
  expect(reports).toMatchObject([{ ending: "withheld", contentDelivered: false, delivered_bytes: 0 }]);
});

test.each([
  ["an event stream", { form: { ...json, isStream: true } }],
  ["an answer of unknown length", { length: null }],
  ["a length that is none", { length: "1e1" }],
  ["a long answer", { length: "65537" }],
])("passes %s on as it comes", async (_, options) => {
  const { passed, reports, send, writer } = passedOn(options);
  expect(await passed).toBeInstanceOf(ReadableStream);
  await send(answer);
  await writer.close();
  expect(await ended(passed)).toEqual({ isAtOnce: false, text: answer });
  expect(reports).toMatchObject([{ ending: "complete", delivered_bytes: answer.length }]);
});

test("refuses and reports an answer that breaks off", async () => {
  const { passed, reports, send, writer } = passedOn();
  await send(answer.slice(0, 10));
  await writer.abort(new Error("reset"));
  await expect(passed).rejects.toMatchObject({ code: "provider_misbehaved" });
  expect(reports).toMatchObject([{ ending: "broken_off", contentDelivered: false, delivered_bytes: 0 }]);
});

test("takes an answer that is shorter than announced for one that broke off", async () => {
  const { passed, reports, send, writer } = passedOn();
  await send(answer.slice(0, -1));
  await writer.close();
  await expect(passed).rejects.toMatchObject({ code: "provider_misbehaved" });
  expect(reports).toMatchObject([{ ending: "broken_off", contentDelivered: false, delivered_bytes: 0 }]);
});

test("gives the client the head of an answer that takes its time", async () => {
  const { passed, reports, send, writer } = passedOn();
  await send(answer.slice(0, 10));
  await vi.advanceTimersByTimeAsync(1_300);
  expect(await passed).toBeInstanceOf(ReadableStream);
  await send(answer.slice(10));
  await writer.close();
  expect(await ended(passed)).toEqual({ isAtOnce: false, text: answer });
  expect(reports).toMatchObject([{ ending: "complete", contentDelivered: true }]);
});

test("tells that nothing reached a client that has left", async () => {
  const { passed, reports, send, writer } = passedOn({ isClientGone: true });
  await send(answer);
  await writer.close();
  await passed;
  expect(reports).toMatchObject([{ ending: "client_gone", contentDelivered: false, delivered_bytes: 0, usage: null }]);
});

test("shows the client our words for an error inside the answer, and reports it", async () => {
  const error = JSON.stringify({ error: { message: "The model has failed for org-1.", type: "server_error" } });
  const { passed, reports, send, writer } = passedOn({ length: String(error.length) });
  await send(error);
  await writer.close();
  const { isAtOnce, text } = await ended(passed);
  expect(isAtOnce).toBe(true);
  expect(text).not.toContain("org-1");
  expect(reports).toMatchObject([{ ending: "error_event", contentDelivered: false, usage: null }]);
});

test("tells an empty answer from none that ended", async () => {
  const { passed, reports, writer } = passedOn({ length: "0" });
  await writer.close();
  expect(await ended(passed)).toEqual({ isAtOnce: true, text: "" });
  expect(reports).toMatchObject([{ ending: "complete", contentDelivered: false, delivered_bytes: 0, usage: null }]);
});
