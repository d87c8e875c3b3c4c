import { describe, expect, test, vi } from "vitest";
import { type ProviderId, providerIds, providers } from "../../../functions/_shared/providers/index.ts";
import type { Verdict } from "../../../functions/_shared/providers/types.ts";
import { checkKey, readAtMost } from "../../../functions/_shared/providers/verification.ts";
import { answerJson, deadOrigin, listen, startServer } from "../../harness/http.ts";

type Reply = readonly [status: number, body: unknown];

const ok: Reply = [200, { data: [{ id: "gpt-5-nano" }] }];
const rejected: Reply = [401, { error: { message: "Incorrect API key provided", code: "invalid_api_key" } }];
const restricted: Reply = [403, { error: { message: "Missing scopes: api.model.read" } }];
const noCredit: Reply = [429, { error: { message: "You exceeded your current quota", code: "insufficient_quota" } }];
const rateLimited: Reply = [429, { error: { message: "Rate limit reached", code: "rate_limit_exceeded" } }];
const outage: Reply = [503, { error: { message: "Overloaded" } }];
const badRequest: Reply = [400, { error: { message: "Unsupported parameter" } }];
const apiKey = "sk-check";

/** Checks a key with a provider that gives these two replies; tells the verdict and what the provider was asked. */
async function check(listing: Reply, generation: Reply, { oneToken = true, provider = "openai" as ProviderId } = {}) {
  const { origin, received } = await startServer(({ method }, response) => {
    answerJson(response, ...(method === "GET" ? listing : generation));
  });
  const verdict = await checkKey(providers[provider], apiKey, { origin, timeout_ms: 5000, oneToken });
  return { verdict, received, methods: received.map(({ method }) => method) };
}

describe("checkKey()", () => {
  test.each<[string, Reply, Reply, Verdict]>([
    ["works in both steps", ok, ok, "verified"],
    ["lists, but has no credit", ok, noCredit, "no_credit"],
    ["lists, but may not generate", ok, restricted, "restricted"],
    ["lists, and is at its rate limit then", ok, rateLimited, "rate_limited"],
    ["lists, and is refused after it", ok, rejected, "rejected"],
    ["lists, and the provider fails then", ok, outage, "unverified"],
    ["lists, and our question is wrong then", ok, badRequest, "verified"],
    ["may generate, but not list", restricted, ok, "restricted"],
    ["may not list, and has no credit", restricted, noCredit, "no_credit"],
    ["may not list, and our question is wrong then", restricted, badRequest, "restricted"],
    ["generates, and our first question was wrong", badRequest, ok, "verified"],
    ["is asked two wrong questions", badRequest, badRequest, "unverified"],
  ])("asks twice about a key that %s", async (_, listing, generation, verdict) => {
    expect(await check(listing, generation)).toMatchObject({ verdict, methods: ["GET", "POST"] });
  });

  test.each<[Verdict, Reply]>([
    ["rejected", rejected],
    ["unverified", outage],
    ["rate_limited", rateLimited],
    ["no_credit", noCredit],
  ])("spends no token on a key that is %s after the listing", async (verdict, listing) => {
    expect(await check(listing, ok)).toMatchObject({ verdict, methods: ["GET"] });
  });

  test.each<[Verdict, Reply]>([
    ["verified", ok],
    ["restricted", restricted],
    ["unverified", badRequest],
    ["rejected", rejected],
  ])("never spends a token where the operator says so, and finds a key %s", async (verdict, listing) => {
    expect(await check(listing, ok, { oneToken: false })).toMatchObject({ verdict, methods: ["GET"] });
  });

  test.each(providerIds)("asks %s with its own key header and nothing that is ours", async (provider) => {
    const { received } = await check(ok, ok, { provider });
    expect(received).toHaveLength(2);
    for (const { method, url, headers, body } of received) {
      const probe = method === "GET" ? providers[provider].listing : providers[provider].generation(ok[1]);
      expect(url).toBe(probe.path);
      expect(body).toBe(probe.body === undefined ? "" : JSON.stringify(probe.body));
      const expected = {
        ...probe.headers,
        ...providers[provider].authenticate(apiKey),
        accept: "application/json",
        "accept-encoding": "identity",
        ...(method === "POST" ? { "content-type": "application/json" } : {}),
      };
      expect(headers).toMatchObject(expected);
      const runtime = ["host", "connection", "content-length", "accept-language", "sec-fetch-mode", "user-agent"];
      expect(Object.keys(headers).filter((name) => !(name in expected) && !runtime.includes(name))).toEqual([]);
    }
  });

  test("generates with a model that the listing named", async () => {
    const { received } = await check([200, { data: [{ id: "gpt-9-nano" }] }], ok);
    expect(JSON.parse(received[1]?.body ?? "")).toMatchObject({ model: "gpt-9-nano" });
  });

  test("follows no redirect, which would take the key along", async () => {
    const elsewhere = await startServer((_, response) => answerJson(response, ...ok));
    const { origin } = await startServer((_, response) => {
      response.writeHead(307, { location: `${elsewhere.origin}/v1/models` }).end("{}");
    });
    expect(await checkKey(providers.openai, apiKey, { origin, timeout_ms: 5000, oneToken: true })).toBe("unverified");
    expect(elsewhere.received).toEqual([]);
  });

  test("finds out nothing from a provider that cannot be reached", async () => {
    const origin = await deadOrigin();
    expect(await checkKey(providers.openai, apiKey, { origin, timeout_ms: 5000, oneToken: true })).toBe("unverified");
  });

  test("finds out nothing from a provider that breaks off after its headers", async () => {
    const origin = await listen((_, response) => {
      response.writeHead(200, { "content-type": "application/json", "content-length": 100 });
      response.write('{"data":', () => response.destroy());
    });
    expect(await checkKey(providers.openai, apiKey, { origin, timeout_ms: 5000, oneToken: true })).toBe("unverified");
  });

  test.each(["before its headers", "after its headers"])(
    "waits no longer than it may for a provider that hangs %s",
    async (when) => {
      const origin = await listen((_, response) => {
        if (when === "after its headers")
          response.writeHead(200, { "content-type": "application/json" }).write('{"data": [');
      });
      expect(await checkKey(providers.openai, apiKey, { origin, timeout_ms: 50, oneToken: true })).toBe("unverified");
    },
  );

  test("finds out nothing from an answer that is no JSON", async () => {
    const { origin } = await startServer((_, response) => response.writeHead(200).end("<html>Welcome</html>"));
    expect(await checkKey(providers.openai, apiKey, { origin, timeout_ms: 5000, oneToken: true })).toBe("unverified");
  });

  test("finds out nothing from an answer that does not end", async () => {
    const origin = await listen((_, response) => {
      const chunk = Buffer.alloc(1024 * 1024, " ");
      const more = () => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on("drain", more);
      more();
    });
    expect(await checkKey(providers.openai, apiKey, { origin, timeout_ms: 30_000, oneToken: true })).toBe("unverified");
  });

  test("never throws for a key that no header can carry", async () => {
    const origin = await deadOrigin();
    expect(await checkKey(providers.openai, "sk\nkey", { origin, timeout_ms: 5000, oneToken: true })).toBe(
      "unverified",
    );
  });
});

describe("readAtMost()", () => {
  test("reads a short text whole, and a missing body as empty", async () => {
    expect(await readAtMost(new Response("né"), 10)).toBe("né");
    expect(await readAtMost(new Response("0123456789"), 10)).toBe("0123456789");
    expect(await readAtMost(new Response(null), 10)).toBe("");
  });

  test("cuts a long text off and lets its source go", async () => {
    const cancel = vi.fn();
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(Buffer.from("abcd")),
      cancel,
    });
    expect(await readAtMost(new Response(body), 10)).toBe("abcdabcdab");
    expect(cancel).toHaveBeenCalledOnce();
  });
});
