import { EventEmitter, once } from "node:events";
import type { IncomingMessage } from "node:http";
import { describe, expect, test, vi } from "vitest";
import { ByokError } from "../../../functions/_shared/errors.ts";
import { askProvider, type Outbound, requireGeneration } from "../../../functions/_shared/relay/relay.ts";
import { deadOrigin, listen, startServer } from "../../harness/http.ts";

describe("askProvider()", () => {
  const ask = (url: string, more: Partial<Outbound> = {}, relay = { askProvider }) =>
    relay.askProvider({
      url,
      method: "GET",
      headers: new Headers({ authorization: "Bearer s3cret" }),
      body: null,
      signal: new AbortController().signal,
      timeout_ms: 5000,
      ...more,
    });

  test("sends method, path, headers and body, and brings the answer", async () => {
    const { origin, received } = await startServer((_, response) =>
      response.writeHead(418, { "x-odd": "1" }).end("tea"),
    );
    const answer = await ask(`${origin}/v1/x?y=z`, { method: "POST", body: new Response("body").body });
    expect([answer.status, answer.headers.get("x-odd"), await answer.text()]).toEqual([418, "1", "tea"]);
    expect(received).toMatchObject([
      { method: "POST", url: "/v1/x?y=z", body: "body", headers: { authorization: "Bearer s3cret" } },
    ]);
  });

  test("streams a body up before it has ended", async () => {
    const arrivals = new EventEmitter();
    const origin = await listen((request, response) => {
      request.on("data", (chunk: Buffer) => arrivals.emit("chunk", chunk.toString()));
      request.on("end", () => response.end("done"));
    });
    let push: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | undefined;
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start(controller) {
        push = controller;
      },
    });
    const answer = ask(origin, { method: "POST", body });
    for (const text of ["first", "second"]) {
      const arrival = once(arrivals, "chunk");
      push?.enqueue(new TextEncoder().encode(text));
      expect(await arrival).toEqual([text]);
    }
    push?.close();
    expect(await (await answer).text()).toBe("done");
  });

  test.each([301, 302, 303, 307, 308, 300, 304])(
    "refuses a redirect by %d, and takes the key nowhere",
    async (status) => {
      const elsewhere = await startServer((_, response) => response.end());
      const { origin } = await startServer((_, response) =>
        response.writeHead(status, { location: elsewhere.origin }).end(),
      );
      await expect(ask(origin)).rejects.toMatchObject({ code: "provider_misbehaved", status: 502 });
      expect(elsewhere.received).toEqual([]);
    },
  );

  describe("a redirect that may be followed", () => {
    const within = (location: string, asked: string) => new URL(location, asked).href;
    const redirecting = (status: number, hops: number) =>
      startServer(({ url }, response) => {
        const hop = Number(new URL(url, "http://a").searchParams.get("hop") ?? 0);
        if (hop >= hops) response.end("there");
        else response.writeHead(status, { location: `?hop=${hop + 1}` }).end("moved");
      });

    test.each([301, 302, 303, 307, 308])("is followed by %d, with the key", async (status) => {
      const { origin, received } = await redirecting(status, 3);
      const answer = await ask(`${origin}/v1/file`, { redirectedTo: within });
      expect([answer.status, await answer.text()]).toEqual([200, "there"]);
      expect(received.map(({ url }) => url)).toEqual(
        [0, 1, 2, 3].map((hop) => (hop ? `/v1/file?hop=${hop}` : "/v1/file")),
      );
      expect(received.map(({ headers }) => headers.authorization)).toEqual(Array(4).fill("Bearer s3cret"));
    });

    test("is not followed for ever", async () => {
      const { origin, received } = await redirecting(302, 100);
      await expect(ask(origin, { redirectedTo: within })).rejects.toMatchObject({ code: "provider_misbehaved" });
      expect(received).toHaveLength(4);
    });

    test.each([
      ["of a POST", { method: "POST" }],
      ["of a request with a body", { method: "DELETE", body: new Response("body").body }],
      ["to where the key may not go", { redirectedTo: () => null }],
    ])("is not followed %s", async (_, more) => {
      const { origin, received } = await redirecting(307, 1);
      const asked = ask(origin, { redirectedTo: within, ...more });
      await expect(asked).rejects.toMatchObject({ code: "provider_misbehaved" });
      expect(received).toHaveLength(1);
    });

    test("is refused where it names no place", async () => {
      const { origin } = await startServer((_, response) => response.writeHead(302).end());
      await expect(ask(origin, { redirectedTo: within })).rejects.toMatchObject({ code: "provider_misbehaved" });
    });
  });

  test.each([600, 999])("refuses the status %d, which no answer has", async (status) => {
    const { origin } = await startServer((_, response) => response.writeHead(status).end());
    await expect(ask(origin)).rejects.toMatchObject({ code: "provider_misbehaved", status: 502 });
  });

  test.each(["gzip", "br", "zstd", "x-unknown"])(
    "refuses an answer packed as %s: identity was asked for",
    async (coding) => {
      const head = { "content-encoding": coding, "content-length": 0 };
      const { origin } = await startServer((_, response) => response.writeHead(200, head).end());
      await expect(ask(origin)).rejects.toMatchObject({ code: "provider_misbehaved", status: 502 });
    },
  );

  test("takes an answer that says it is not packed", async () => {
    const { origin } = await startServer((_, response) =>
      response.writeHead(200, { "content-encoding": "identity" }).end(),
    );
    expect((await ask(origin)).status).toBe(200);
  });

  test("lets go of a redirect's body, which may never end", async () => {
    const provider = new EventEmitter();
    const origin = await listen((_, response) => {
      response.on("close", () => provider.emit("left"));
      response.writeHead(302, { location: "/" }).write("moved");
    });
    const left = once(provider, "left");
    await expect(ask(origin)).rejects.toMatchObject({ code: "provider_misbehaved" });
    await left;
  });

  test("tells a provider that cannot be reached, with nothing of the request in the error", async () => {
    const error = await ask(`${await deadOrigin()}/v1/s3cret`).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ByokError);
    expect(error).toMatchObject({
      code: "provider_unreachable",
      message: "The provider could not be reached.",
      details: {},
    });
    expect((error as Error).cause).toBeUndefined();
  });

  test("tells a provider that answers too late", async () => {
    const origin = await listen(() => undefined);
    await expect(ask(origin, { timeout_ms: 50 })).rejects.toMatchObject({ code: "provider_timeout", status: 504 });
  });

  test("gives the body of an answer all the time it needs", async () => {
    // Loaded anew, so that no timer of an earlier test goes on.
    vi.resetModules();
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
    try {
      const relay = await import("../../../functions/_shared/relay/relay.ts");
      const clock = new EventEmitter();
      const origin = await listen((_, response) => {
        response.writeHead(200).write("first ");
        clock.once("late", () => response.end("second"));
      });
      const answer = await ask(origin, { timeout_ms: 1000 }, relay);
      vi.advanceTimersByTime(60_000);
      clock.emit("late");
      expect(await answer.text()).toBe("first second");
    } finally {
      vi.useRealTimers();
    }
  });

  test.each(["before the answer", "within the answer"])(
    "stops the request at the provider when the client leaves %s",
    async (when) => {
      const provider = new EventEmitter();
      const origin = await listen((request: IncomingMessage, response) => {
        request.on("close", () => provider.emit("left"));
        response.on("close", () => provider.emit("left"));
        if (when === "within the answer") response.writeHead(200).write("first");
        provider.emit("asked");
      });
      const client = new AbortController();
      const [asked, left] = [once(provider, "asked"), once(provider, "left")];
      const answer = ask(origin, { signal: client.signal });
      if (when === "within the answer") {
        const reader = (await answer).body!.getReader();
        await reader.read();
        // By the end of the body that it was passed on in, and by no signal, which would end an isolate of Deno 2.1.
        const next = reader.read();
        client.abort();
        await reader.cancel();
        expect(await next).toMatchObject({ done: true });
      } else {
        await asked;
        client.abort();
        await expect(answer).rejects.toMatchObject({ code: "provider_unreachable" });
      }
      await left;
    },
  );

  test("tells a client's leaving from a provider's delay", async () => {
    const origin = await listen(() => undefined);
    const client = new AbortController();
    client.abort();
    await expect(ask(origin, { signal: client.signal })).rejects.toMatchObject({ code: "provider_unreachable" });
  });
});

describe("requireGeneration()", () => {
  const answer = (type: string | null, body: BodyInit | null = "{}") =>
    new Response(body, { headers: type === null ? {} : { "content-type": type } });

  test.each(["application/json", "application/json; charset=UTF-8", "Text/Event-Stream", "text/event-stream ;x=y"])(
    "takes %s for the answer to a generation",
    async (type) => {
      const generation = answer(type);
      expect(await requireGeneration(generation)).toBe(generation.body);
    },
  );

  test.each([
    ["text/html", undefined],
    ["text/plain", undefined],
    ["application/jsonp", undefined],
    ["audio/mpeg", undefined],
    ["text/html, application/json", undefined],
    ["", undefined],
    ["application/json", null],
  ])("refuses %j with the body %j, and lets it go", async (type, body) => {
    const other = answer(type, body);
    await expect(requireGeneration(other)).rejects.toMatchObject({ code: "provider_misbehaved", status: 502 });
    if (other.body) expect((await other.body.getReader().read()).done).toBe(true);
  });
});
