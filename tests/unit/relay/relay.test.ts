import { EventEmitter, once } from "node:events";
import type { IncomingMessage } from "node:http";
import { describe, expect, test, vi } from "vitest";
import { ByokError } from "../../../functions/_shared/errors.ts";
import { providers } from "../../../functions/_shared/providers/index.ts";
import {
  askProvider,
  fundingHeaders,
  inbound,
  type Outbound,
  outboundHeaders,
  requireGeneration,
} from "../../../functions/_shared/relay/relay.ts";
import { deadOrigin, listen, startServer } from "../../harness/http.ts";

const apiKey = "sk-users/own+key";
const byok = { payer: "byok", apiKey, microcredits: 0 } as const;
const platform = { payer: "platform", apiKey: "sk-platform", microcredits: 10_000_000 } as const;

describe("outboundHeaders()", () => {
  const sent = {
    "content-type": "multipart/form-data; boundary=x",
    accept: "text/event-stream",
    "anthropic-version": "2026-10-21",
    "x-goog-api-client": "genai-js/3.1.0",
  };
  const ofTheUsersAccount = {
    "anthropic-beta": "files-api-2025-04-14",
    "openai-organization": "org-1",
    "openai-project": "proj-1",
  };
  const staysBehind = {
    authorization: "Bearer the-callers-token",
    apikey: "sb_publishable_x",
    "sb-api-key": "sb_secret_x",
    "x-api-key": "the-callers-token",
    "x-goog-api-key": "the-callers-token",
    "proxy-authorization": "Basic x",
    cookie: "session=1",
    "x-client-info": "supabase-js/2",
    "x-stainless-lang": "js",
    "x-forwarded-for": "10.0.0.1",
    forwarded: "for=10.0.0.1",
    "x-real-ip": "10.0.0.1",
    origin: "https://app.test",
    referer: "https://app.test/page",
    "user-agent": "OpenAI/JS",
    host: "project.supabase.test",
    connection: "keep-alive",
    "content-length": "10",
    "transfer-encoding": "chunked",
    "accept-encoding": "gzip, br",
    "accept-language": "de",
    "x-byok-operation": "kernel_build",
    "x-byok-user": "someone",
    "idempotency-key": "1",
    "x-anything": "else",
  };
  const client = new Headers({ ...sent, ...ofTheUsersAccount, ...staysBehind });

  test("forwards what a request needs, and the user's choices of features and account", () => {
    expect(Object.fromEntries(outboundHeaders(client, providers.openai, byok))).toEqual({
      ...sent,
      ...ofTheUsersAccount,
      "accept-encoding": "identity",
      authorization: `Bearer ${apiKey}`,
    });
  });

  test("forwards no choice of features or account under the platform's key, nor how its body is to be read", () => {
    expect(Object.fromEntries(outboundHeaders(client, providers.anthropic, platform))).toEqual({
      ...sent,
      "content-type": "application/json",
      "accept-encoding": "identity",
      "x-api-key": "sk-platform",
    });
  });

  test("adds no version where the client left it out", () => {
    expect(Object.fromEntries(outboundHeaders(new Headers(), providers.anthropic, byok))).toEqual({
      "accept-encoding": "identity",
      "x-api-key": apiKey,
    });
  });
});

describe("askProvider()", () => {
  const ask = (url: string, more: Partial<Outbound> = {}) =>
    askProvider({
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
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const clock = new EventEmitter();
      const origin = await listen((_, response) => {
        response.writeHead(200).write("first ");
        clock.once("late", () => response.end("second"));
      });
      const answer = await ask(origin, { timeout_ms: 1000 });
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

describe("inbound()", () => {
  const returned = {
    "content-type": "text/event-stream",
    "retry-after": "3",
    "retry-after-ms": "3000",
    "request-id": "req_1",
    "x-request-id": "req_2",
    "x-ratelimit-limit-requests": "100",
    "anthropic-ratelimit-tokens-remaining": "7",
  };
  const keptBack = {
    "set-cookie": "a=1",
    "content-encoding": "identity",
    "content-length": "999",
    "transfer-encoding": "chunked",
    "openai-organization": "acme",
    "openai-project": "proj_1",
    "anthropic-organization-id": "org",
    "cf-ray": "1",
    server: "cloudflare",
    "alt-svc": "h3",
    "strict-transport-security": "max-age=1",
    "access-control-allow-origin": "https://evil.test",
    "x-byok-funding": "platform",
    "x-byok-error": "internal",
    "not-x-ratelimit-limit": "1",
    "x-request-id-2": "1",
    location: "https://evil.test",
    "x-goog-upload-url": "https://evil.test",
    "cache-control": "public",
  };
  const answer = new Response("unused", { status: 201, headers: { ...returned, ...keptBack } });

  test("passes on status, body and the headers that clients need, and says who pays", async () => {
    const response = inbound(answer, "body", byok);
    expect(response.status).toBe(201);
    expect(await response.text()).toBe("body");
    expect(Object.fromEntries(response.headers)).toEqual({
      ...returned,
      "x-byok-funding": "byok",
      "x-byok-credits": "0",
    });
  });

  test("passes on an answer without a body", () => {
    expect(inbound(new Response(null, { status: 204 }), null, byok)).toMatchObject({ status: 204, body: null });
  });

  test("keeps back a header that repeats the API key", () => {
    const echo = new Response(null, { headers: { "x-request-id": `for ${apiKey}`, "request-id": "req_1" } });
    const { headers } = inbound(echo, null, byok);
    expect([headers.get("x-request-id"), headers.get("request-id")]).toEqual([null, "req_1"]);
  });

  test.each([encodeURIComponent(apiKey), btoa(apiKey), `${apiKey.slice(0, 4)}\\${apiKey.slice(4)}`])(
    "keeps back a header that repeats the API key in another spelling: %s",
    (spelling) => {
      const echo = new Response(null, { headers: { "x-request-id": `for ${spelling}` } });
      expect(inbound(echo, null, byok).headers.get("x-request-id")).toBeNull();
    },
  );

  test("says what a call on credits costs", () => {
    const { headers } = inbound(answer, null, platform);
    expect([headers.get("x-byok-funding"), headers.get("x-byok-credits")]).toEqual(["platform", "10"]);
    expect(fundingHeaders(platform)).toEqual({ "x-byok-funding": "platform", "x-byok-credits": "10" });
  });
});
