import { describe, expect, test, vi } from "vitest";
import { limitBody, readJsonObject, readText } from "../../../functions/_shared/request/body.ts";

interface Sent {
  readonly chunks: readonly (string | Uint8Array)[];
  readonly declared?: number | string;
}

/** A request whose body arrives in chunks; `asked` tells how many have been taken from it. */
function send({ chunks, declared }: Sent) {
  const pending = chunks.map((chunk) => new Uint8Array(Buffer.from(chunk)));
  let asked = 0;
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const chunk = pending.shift();
        if (!chunk) return controller.close();
        asked += 1;
        controller.enqueue(chunk);
      },
    },
    { highWaterMark: 0 },
  );
  const init: RequestInit & { duplex: "half" } = { method: "POST", body, duplex: "half" };
  const headers: HeadersInit = declared === undefined ? {} : { "content-length": String(declared) };
  return { request: new Request("http://localhost/", { ...init, headers }), asked: () => asked };
}

const tooLarge = (max_bytes: number) => ({
  code: "body_too_large",
  message: `The request body is larger than ${max_bytes} bytes.`,
  details: { max_bytes: max_bytes },
});

describe("readText()", () => {
  test("reads a body of exactly the limit, in bytes rather than characters", async () => {
    expect(await readText(send({ chunks: ["né", "t"] }).request, 4)).toBe("nét");
    await expect(readText(send({ chunks: ["né", "t"] }).request, 3)).rejects.toMatchObject(tooLarge(3));
  });

  test("puts a character together that two chunks share", async () => {
    const [first, second] = Buffer.from("é");
    expect(await readText(send({ chunks: [Uint8Array.of(first ?? 0), Uint8Array.of(second ?? 0)] }).request, 9)).toBe(
      "é",
    );
  });

  test("refuses a declared length past the limit before it reads anything", async () => {
    const { request, asked } = send({ chunks: ["abc"], declared: 11 });
    await expect(readText(request, 10)).rejects.toMatchObject(tooLarge(10));
    expect(asked()).toBe(0);
  });

  test("stops reading soon after the limit when no length is declared", async () => {
    const { request, asked } = send({ chunks: Array.from({ length: 1000 }, () => "x".repeat(10)) });
    await expect(readText(request, 25)).rejects.toMatchObject(tooLarge(25));
    expect(asked()).toBeLessThan(10);
  });

  test("refuses what is not UTF-8", () =>
    expect(readText(send({ chunks: [Uint8Array.of(0xff)] }).request, 10)).rejects.toMatchObject({
      code: "invalid_request",
      message: "The body is not UTF-8 text.",
    }));

  test("refuses a body that breaks off, without the reason", async () => {
    const body = new ReadableStream({
      start: (controller) => controller.error(new Error("s3cret")),
    });
    const init: RequestInit & { duplex: "half" } = { method: "POST", body, duplex: "half" };
    const refused = expect(readText(new Request("http://localhost/", init), 10)).rejects;
    await refused.toMatchObject({
      code: "body_incomplete",
      message: "The request body ended before it was complete.",
    });
  });

  test("refuses a body that is shorter than announced, though it seems to have ended well", () =>
    expect(readText(send({ chunks: ["abc"], declared: 4 }).request, 10)).rejects.toMatchObject({
      code: "body_incomplete",
    }));

  test("refuses a body that has not come in time, and reads no more of it", async () => {
    const cancel = vi.fn();
    const init: RequestInit & { duplex: "half" } = {
      method: "POST",
      body: new ReadableStream({ cancel }),
      duplex: "half",
    };
    await expect(readText(new Request("http://localhost/", init), 10, 1)).rejects.toMatchObject({
      code: "invalid_request",
      message: "The body did not come in time.",
    });
    expect(cancel).toHaveBeenCalledOnce();
  });

  test("reads a request without a body as empty", async () => {
    expect(await readText(new Request("http://localhost/"), 10)).toBe("");
  });

  test.each(["gzip", "br", "identity, gzip"])(
    "refuses a body that is compressed as %s, by that name",
    async (encoding) => {
      const headers = { "content-encoding": encoding };
      const request = new Request("http://localhost/", { method: "POST", headers, body: "{}" });
      await expect(readText(request, 100)).rejects.toMatchObject({
        code: "invalid_request",
        message: `The body is compressed (${encoding}), which is not read here: send it without content-encoding.`,
        details: { field: "content-encoding" },
      });
    },
  );

  test("repeats no encoding that is no name", async () => {
    const headers = { "content-encoding": "<script>" };
    const request = new Request("http://localhost/", { method: "POST", headers, body: "{}" });
    await expect(readText(request, 100)).rejects.toMatchObject({ message: expect.not.stringContaining("script") });
  });

  test("reads a body that says it is not compressed", async () => {
    const headers = { "content-encoding": "Identity" };
    const request = new Request("http://localhost/", { method: "POST", headers, body: "{}" });
    expect(await readText(request, 100)).toBe("{}");
  });
});

describe("readJsonObject()", () => {
  test("reads an object", async () => {
    expect(await readJsonObject(send({ chunks: ['{"provider":', '"groq"}'] }).request, 100)).toEqual({
      provider: "groq",
    });
  });

  test.each(["", "nonsense", "[]", "null", "7", '"text"', '{"a":1'])("refuses %j", (text) =>
    expect(readJsonObject(send({ chunks: [text] }).request, 100)).rejects.toMatchObject({
      code: "invalid_request",
      message: "The body is not a JSON object.",
    }),
  );

  test("never repeats a body that it refuses", async () => {
    const refused = await readJsonObject(send({ chunks: ['{"api_key": "s3cret"'] }).request, 100).catch(
      (error: unknown) => error,
    );
    expect(JSON.stringify([refused, (refused as Error).message, (refused as Error).cause ?? null])).not.toContain(
      "s3cret",
    );
  });

  test("refuses one that is too large", () =>
    expect(readJsonObject(send({ chunks: ['{"a": "bcd"}'] }).request, 5)).rejects.toMatchObject(tooLarge(5)));
});

describe("limitBody()", () => {
  test("hands on a stream of its own, since the runtime might send the request's own body twice", () => {
    const { request } = send({ chunks: ["abc"], declared: 3 });
    expect(limitBody(request, 3).body).not.toBe(request.body);
  });

  test.each([3, "x", ""])("counts what comes, even where the declared length is %j", async (declared) => {
    const limited = limitBody(send({ chunks: ["123", "456"], declared }).request, 5);
    await expect(new Response(limited.body).text()).rejects.toMatchObject(tooLarge(5));
    expect(await limited.failure()).toMatchObject(tooLarge(5));
  });

  test("hands on that there is no body", async () => {
    const limited = limitBody(new Request("http://localhost/"), 3);
    expect(limited.body).toBeNull();
    expect(await limited.failure()).toBeNull();
  });

  test("reads a small body whole, when it is asked for", async () => {
    const { request, asked } = send({ chunks: ["abc", "de"], declared: 5 });
    const limited = limitBody(request, 5);
    expect(asked()).toBe(0);
    const reader = limited.body!.getReader();
    expect(Buffer.from((await reader.read()).value ?? []).toString()).toBe("abcde");
    expect(await reader.read()).toMatchObject({ done: true });
    expect(await limited.failure()).toBeNull();
  });

  test("refuses a small body that is shorter than announced, or breaks off", async () => {
    const limited = limitBody(send({ chunks: ["abc"], declared: 4 }).request, 10);
    await expect(new Response(limited.body).text()).rejects.toMatchObject({ code: "body_incomplete" });
    expect(await limited.failure()).toMatchObject({ code: "body_incomplete" });
    const broken = new ReadableStream({ start: (controller) => controller.error(new Error("s3cret")) });
    const headers = new Headers({ "content-length": "4" });
    await expect(new Response(limitBody({ headers, body: broken }, 10).body).text()).rejects.toMatchObject({
      code: "body_incomplete",
    });
  });

  test("refuses no small body that comes whole when nobody reads it any more", async () => {
    const arrived = Promise.withResolvers<ArrayBuffer>();
    const headers = new Headers({ "content-length": "4" });
    const limited = limitBody({ method: "POST", headers, body: null, arrayBuffer: () => arrived.promise }, 10);
    const reader = limited.body!.getReader();
    const reading = reader.read();
    await Promise.resolve();
    await reader.cancel();
    arrived.resolve(new TextEncoder().encode("body").buffer);
    expect(await reading).toMatchObject({ done: true });
    await new Promise((over) => setImmediate(over));
    expect(await limited.failure()).toBeNull();
  });

  test("breaks the stream of a large body that is shorter than announced, and tells so", async () => {
    const limited = limitBody(send({ chunks: ["abc"], declared: 100_000 }).request, 200_000);
    await expect(new Response(limited.body).text()).rejects.toMatchObject({ code: "body_incomplete" });
    expect(await limited.failure()).toMatchObject({ code: "body_incomplete" });
  });

  test("passes chunks on one by one, before the body ends", async () => {
    let push: ((text: string) => void) | undefined;
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        push = (text) => controller.enqueue(Buffer.from(text));
      },
    });
    const init: RequestInit & { duplex: "half" } = { method: "POST", body, duplex: "half" };
    const reader = limitBody(new Request("http://localhost/", init), 100).body?.getReader();
    push?.("first");
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe("first");
    push?.("second");
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe("second");
    await reader?.cancel();
  });

  test("breaks the stream past the limit and tells so", async () => {
    const limited = limitBody(send({ chunks: ["12345", "6"] }).request, 5);
    expect(await limited.failure()).toBeNull();
    await expect(new Response(limited.body).text()).rejects.toMatchObject(tooLarge(5));
    expect(await limited.failure()).toMatchObject(tooLarge(5));
  });

  test("takes the rest of a body that is too large before it is refused, so that its client reads why", async () => {
    const { request, asked } = send({ chunks: ["12345", "6", "7", "8"] });
    const limited = limitBody(request, 5);
    await expect(new Response(limited.body).text()).rejects.toMatchObject(tooLarge(5));
    await limited.failure();
    expect(asked()).toBe(4);
  });

  test("waits no longer than two seconds for the rest", async () => {
    // Loaded anew, so that no timer of an earlier test goes on; nor may this one.
    vi.resetModules();
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
    const { limitBody } = await import("../../../functions/_shared/request/body.ts");
    try {
      const cancel = vi.fn();
      const body = new ReadableStream({ start: (controller) => controller.enqueue(Buffer.from("123456")), cancel });
      const limited = limitBody({ headers: new Headers(), body }, 5);
      await expect(new Response(limited.body).text()).rejects.toMatchObject(tooLarge(5));
      const refused = vi.fn();
      void limited.failure().then(refused);
      await vi.advanceTimersByTimeAsync(1_900);
      expect(refused).not.toHaveBeenCalled();
      await vi.advanceTimersByTimeAsync(400);
      expect(refused).toHaveBeenCalledWith(expect.objectContaining({ code: "body_too_large" }));
      expect(cancel).toHaveBeenCalledOnce();
      vi.advanceTimersByTime(100);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  test("does not tell so of a body that just fits", async () => {
    const limited = limitBody(send({ chunks: ["123", "45"] }).request, 5);
    expect(await new Response(limited.body).text()).toBe("12345");
    expect(await limited.failure()).toBeNull();
  });
});
