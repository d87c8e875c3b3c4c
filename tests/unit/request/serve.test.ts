import { describe, expect, test, vi } from "vitest";
import { ByokError } from "../../../functions/_shared/errors.ts";
import { type Endpoint, refusalHeaders, serve } from "../../../functions/_shared/request/serve.ts";

const url = "http://localhost/save";

function ask(endpoint: Partial<Endpoint>, init?: RequestInit): Promise<Response> {
  return serve({ methods: ["POST"], handle: async () => new Response("done"), ...endpoint }).fetch(
    new Request(url, { method: "POST", ...init }),
  );
}

function throwing(error: unknown): Partial<Endpoint> {
  return {
    handle: async () => {
      throw error;
    },
  };
}

describe("serve()", () => {
  test("answers what the endpoint answers", async () => {
    const response = await ask({ handle: async () => Response.json({ ok: 1 }, { status: 201 }) });
    expect(response.status).toBe(201);
    expect(await response.json()).toEqual({ ok: 1 });
  });

  test("gives the endpoint the request itself", async () => {
    const handle = vi.fn(async (request: Request) => new Response(await request.text()));
    expect(await (await ask({ handle }, { body: "text" })).text()).toBe("text");
  });

  test.each([
    ["an answer", {}],
    ["a refusal", throwing(new ByokError("unauthenticated"))],
    ["a failure", throwing(new TypeError("oops"))],
  ])("lets no cache keep and no browser reinterpret or run %s", async (_, endpoint) => {
    const { headers } = await ask(endpoint);
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("content-security-policy")).toBe("default-src 'none'; sandbox");
    expect(headers.get("access-control-allow-origin")).toBe("*");
    expect(headers.get("access-control-allow-credentials")).toBeNull();
  });

  test("answers a refusal as {error: {code, message, ...details}} with its status", async () => {
    const error = new ByokError("insufficient_credits", { details: { price_credits: 10, available_credits: 3 } });
    const response = await ask(throwing(error));
    expect(response.status).toBe(402);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(response.headers.get("x-byok-error")).toBe("insufficient_credits");
    expect(response.headers.get("x-should-retry")).toBe("false");
    const { message } = error;
    expect(await response.json()).toEqual({
      error: { code: "insufficient_credits", message, price_credits: 10, available_credits: 3 },
    });
  });

  test("refuses with 422 where `call` would refuse with 403", async () => {
    expect((await ask(throwing(new ByokError("api_key_rejected")))).status).toBe(422);
  });

  test.each([new Error("s3cret"), "s3cret", { message: "s3cret" }, undefined, null])(
    "answers `internal` without detail when %j is thrown",
    async (thrown) => {
      const response = await ask(throwing(thrown));
      expect(response.status).toBe(500);
      expect(response.headers.get("x-byok-error")).toBe("internal");
      expect(await response.json()).toEqual({
        error: { code: "internal", message: "Something went wrong on our side." },
      });
    },
  );

  test("prints nothing, whatever is thrown", async () => {
    const spies = [
      ...(["log", "info", "warn", "error", "debug"] as const).map((name) => vi.spyOn(console, name)),
      vi.spyOn(process.stdout, "write"),
      vi.spyOn(process.stderr, "write"),
    ];
    await ask(throwing(new Error("s3cret")));
    const calls = spies.flatMap((spy) => spy.mock.calls);
    vi.restoreAllMocks();
    expect(calls).toEqual([]);
  });

  test("lets the endpoint give a refusal a form of its own", async () => {
    const refuse = (error: ByokError, url: URL | null) =>
      new Response(`${error.code} ${url?.protocol}`, { status: error.callStatus });
    const response = await ask({ ...throwing(new ByokError("api_key_rejected")), refuse });
    expect(response.status).toBe(403);
    expect(await response.text()).toBe("api_key_rejected http:");
    expect(response.headers.get("cache-control")).toBe("no-store");
  });

  test.each(["GET", "PUT", "DELETE", "PATCH", "HEAD"])(
    "refuses %s where only POST is served, without asking the endpoint",
    async (method) => {
      const handle = vi.fn(async () => new Response());
      const response = await ask({ handle }, { method });
      expect(response.status).toBe(405);
      expect(response.headers.get("x-byok-error")).toBe("method_not_allowed");
      expect(handle).not.toHaveBeenCalled();
    },
  );

  test("names every header of an answer to browsers, which hide the rest", async () => {
    const headers = { "x-ratelimit-limit-requests": "9", "x-byok-funding": "byok" };
    const response = await ask({ handle: async () => new Response("done", { headers }) });
    const exposed = response.headers.get("access-control-expose-headers")?.split(", ");
    expect(exposed).toEqual(expect.arrayContaining(Object.keys(headers)));
    expect(exposed).not.toContain("*");
  });

  test("names the code of a refusal to browsers too", async () => {
    const response = await ask(throwing(new ByokError("unauthenticated")));
    expect(response.headers.get("access-control-expose-headers")).toContain("x-byok-error");
  });
});

describe("the preflight", () => {
  const preflight = (headers: HeadersInit = {}, endpoint: Partial<Endpoint> = {}) =>
    ask(endpoint, { method: "OPTIONS", headers });

  test("is answered for the endpoint, with its methods", async () => {
    const handle = vi.fn(async () => new Response());
    const response = await preflight({}, { methods: ["GET", "POST"], handle });
    expect(response.status).toBe(204);
    expect(response.headers.get("access-control-allow-methods")).toBe("GET, POST");
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    expect(response.headers.get("access-control-max-age")).toBe("86400");
    expect(handle).not.toHaveBeenCalled();
  });

  test("allows the headers that are asked for, since SDKs send their own", async () => {
    const asked = "authorization, x-stainless-lang, anthropic-dangerous-direct-browser-access";
    const { headers } = await preflight({ "access-control-request-headers": asked });
    expect(headers.get("access-control-allow-headers")).toBe(asked);
    expect(headers.get("vary")).toBe("access-control-request-headers");
  });

  test("allows what every client needs when none are asked for", async () => {
    expect((await preflight()).headers.get("access-control-allow-headers")).toBe("authorization, content-type");
  });
});

test("refusalHeaders() tells SDKs that asking again changes nothing", () => {
  const headers = { "x-byok-error": "provider_timeout", "x-should-retry": "false" };
  expect(refusalHeaders(new ByokError("provider_timeout"))).toEqual(headers);
});

test("refusalHeaders() says what is wrong with an API key", () => {
  const details = { verdict: "restricted", reason: "website_only" };
  expect(refusalHeaders(new ByokError("api_key_rejected", { details }))).toMatchObject({
    "x-byok-verdict": "restricted",
    "x-byok-reason": "website_only",
  });
});

test("refusalHeaders() says when to come back, where that is known", () => {
  const refusal = new ByokError("too_many_attempts", { details: { retry_after_s: 90 } });
  expect(refusalHeaders(refusal)).toMatchObject({ "retry-after": "90" });
});
