import { describe, expect, test, vi } from "vitest";
import { type ProviderId, providerIds, providers } from "../../../functions/_shared/providers/index.ts";
import { authenticate } from "../../../functions/_shared/providers/keys.ts";
import { generationProbe, listingProbe } from "../../../functions/_shared/providers/probe.ts";
import type { Reason, Verdict } from "../../../functions/_shared/providers/types.ts";
import { checkKey } from "../../../functions/_shared/providers/verification.ts";
import { readAtMost } from "../../../functions/_shared/read-at-most.ts";
import { answerJson, deadOrigin, listen, startServer } from "../../harness/http.ts";

type Reply = readonly [status: number, body: unknown];

const ok: Reply = [200, { data: [{ id: "gpt-5-nano" }], models: [{ name: "models/gpt-5-nano" }] }];
const rejected: Reply = [401, { error: { message: "Incorrect API key provided", code: "invalid_api_key" } }];
const restricted: Reply = [403, { error: { message: "Missing scopes: api.model.read" } }];
const noCredit: Reply = [429, { error: { message: "You exceeded your current quota", code: "insufficient_quota" } }];
const rateLimited: Reply = [429, { error: { message: "Rate limit reached", code: "rate_limit_exceeded" } }];
const outage: Reply = [503, { error: { message: "Overloaded" } }];
const badRequest: Reply = [400, { error: { message: "Unsupported parameter", type: "invalid_request_error" } }];
const apiKey = "sk-check";

/** Checks a key with a provider that gives these two replies; tells the verdict and what the provider was asked. */
async function check(listing: Reply, generation: Reply, { oneToken = true, provider = "openai" as ProviderId } = {}) {
  const { origin, received } = await startServer(({ method }, response) => {
    answerJson(response, ...(method === "GET" ? listing : generation));
  });
  const found = await checkKey(providers[provider], apiKey, { origin, timeout_ms: 5000, oneToken });
  return { ...found, received, methods: received.map(({ method }) => method) };
}

describe("checkKey()", () => {
  test.each([
    ["AIzaSy0123", "google", "kind_retired"],
    ["AQ.0123", "google", null],
    ["AIzaSy0123", "openai", null],
  ] as const)("says of %s, which %s rejects without a reason: %s", async (apiKey, id, reason) => {
    const { origin } = await startServer((_, response) =>
      answerJson(response, 401, {
        error: { code: id === "google" ? 401 : "invalid_api_key", status: "UNAUTHENTICATED", message: "no" },
      }),
    );
    const found = await checkKey(providers[id], apiKey, { origin, timeout_ms: 5000, oneToken: true });
    expect(found).toEqual({ verdict: "rejected", reason });
  });

  test.each<[string, Reply, Reply, Verdict]>([
    ["works in both steps", ok, ok, "verified"],
    ["lists, but has no credit", ok, noCredit, "no_credit"],
    ["lists, but may not generate", ok, restricted, "restricted"],
    ["lists, and is at its rate limit then", ok, rateLimited, "rate_limited"],
    ["lists, and is refused after it", ok, rejected, "rejected"],
    ["lists, and the provider fails then", ok, outage, "unverified"],
    ["lists, and our question is wrong then", ok, badRequest, "unverified"],
    ["may generate, but not list", restricted, ok, "restricted"],
    ["may not list, and has no credit", restricted, noCredit, "no_credit"],
    ["generates, and our first question was wrong", badRequest, ok, "verified"],
  ])("asks twice about a key that %s", async (_, listing, generation, verdict) => {
    expect(await check(listing, generation)).toMatchObject({ verdict, methods: ["GET", "POST"] });
  });

  test.each<[string, Reply, Reason, Verdict]>([
    ["may not list", restricted, "missing_scope", "restricted"],
    ["was asked a wrong question before", badRequest, "inconclusive", "unverified"],
  ])("asks three models of the catalogue, no more, of a key that %s", async (_, listing, reason, verdict) => {
    const { received, ...found } = await check(listing, badRequest);
    expect(found).toMatchObject({ verdict, reason, methods: ["GET", "POST", "POST", "POST"] });
    const asked = received.slice(1).map(({ body }) => JSON.parse(body).model);
    expect(asked).toEqual(providers.openai.models.chat.slice(0, 3));
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
    const listing = listingProbe(providers[provider]);
    const { check: rule, models } = providers[provider];
    const model = listing && !rule.deployments ? "gpt-5-nano" : String(models.chat[0]);
    const probes = [...(listing ? [listing] : []), generationProbe(providers[provider], model)];
    expect(received).toHaveLength(probes.length);
    for (const [index, { method, url, headers, body }] of received.entries()) {
      const probe = probes[index]!;
      expect(url).toBe(probe.path);
      expect(body).toBe(probe.body === undefined ? "" : JSON.stringify(probe.body));
      const expected = {
        ...providers[provider].api.headers,
        ...authenticate(providers[provider], apiKey),
        accept: "application/json",
        "accept-encoding": "identity",
        ...(method === "POST" ? { "content-type": "application/json" } : {}),
      };
      expect(headers).toMatchObject(expected);
      const runtime = ["host", "connection", "content-length", "accept-language", "sec-fetch-mode", "user-agent"];
      expect(Object.keys(headers).filter((name) => !(name in expected) && !runtime.includes(name))).toEqual([]);
    }
  });

  test("accepts a key of a resource whose deployments have other names, and says that calls name them", async () => {
    const missing: Reply = [404, { error: { code: "DeploymentNotFound", message: "It does not exist." } }];
    const { verdict, reason, received } = await check(ok, missing, { provider: "azure" });
    expect({ verdict, reason }).toEqual({ verdict: "unverified", reason: "deployment_unknown" });
    const asked = received.slice(1).map(({ body }) => JSON.parse(body).model);
    expect(asked).toEqual(providers.azure.models.chat);
  });

  test.each<[ProviderId, string]>([
    ["openrouter", "shows its list to anyone"],
    ["fireworks", "has no list to rely on"],
  ])("has the generation alone decide at %s, which %s", async (provider) => {
    const find = async (listing: Reply, generation: Reply) => {
      const { verdict, reason } = await check(listing, generation, { provider });
      return { verdict, reason };
    };
    const wrong: Reply = [401, { error: { message: "No such key", code: "401" } }];
    expect(await find(ok, wrong)).toEqual({ verdict: "rejected", reason: null });
    expect(await find(wrong, ok)).toEqual({ verdict: "verified", reason: null });
    expect(await find(outage, ok)).toEqual({ verdict: "verified", reason: null });
    const { methods, ...found } = await check(ok, ok, { provider, oneToken: false });
    expect({ ...found, methods }).toMatchObject({ verdict: "unverified", reason: "check_limited", methods: [] });
  });

  test("generates with a model that the listing named", async () => {
    const { received } = await check([200, { data: [{ id: "gpt-9-nano" }] }], ok);
    expect(JSON.parse(received[1]?.body ?? "")).toMatchObject({ model: "gpt-9-nano" });
  });

  test("asks no more once all its questions together have taken three times as long as one may", async () => {
    let now_ms = 0;
    const clock = vi.spyOn(performance, "now").mockImplementation(() => now_ms);
    try {
      const { origin, received } = await startServer(({ method }, response) => {
        now_ms += 8_000;
        const models = ["a", "b", "c"].map((name) => ({ id: `${name}-nano` }));
        if (method === "GET") answerJson(response, 200, { data: models });
        else answerJson(response, 404, { error: { message: "No such model", code: "model_not_found" } });
      });
      const found = await checkKey(providers.openai, apiKey, { origin, timeout_ms: 5_000, oneToken: true });
      expect(found).toEqual({ verdict: "unverified", reason: null });
      expect(received).toHaveLength(2);
    } finally {
      clock.mockRestore();
    }
  });

  test("asks a model of the Responses endpoint there, and nowhere else", async () => {
    const { received } = await check([200, { data: [{ id: "gpt-9-pro" }] }], [200, { object: "response" }]);
    expect(received.map(({ url }) => url)).toEqual(["/v1/models", "/v1/responses"]);
  });

  test("follows no redirect, which would take the key along", async () => {
    const elsewhere = await startServer((_, response) => answerJson(response, ...ok));
    const { origin } = await startServer((_, response) => {
      response.writeHead(307, { location: `${elsewhere.origin}/v1/models` }).end("{}");
    });
    expect(await checkKey(providers.openai, apiKey, { origin, timeout_ms: 5000, oneToken: true })).toMatchObject({
      verdict: "unverified",
      reason: null,
    });
    expect(elsewhere.received).toEqual([]);
  });

  test("finds out nothing from a provider that cannot be reached", async () => {
    const origin = await deadOrigin();
    expect(await checkKey(providers.openai, apiKey, { origin, timeout_ms: 5000, oneToken: true })).toMatchObject({
      verdict: "unverified",
      reason: null,
    });
  });

  test("finds out nothing from a provider that breaks off after its headers", async () => {
    const origin = await listen((_, response) => {
      response.writeHead(200, { "content-type": "application/json", "content-length": 100 });
      response.write('{"data":', () => response.destroy());
    });
    expect(await checkKey(providers.openai, apiKey, { origin, timeout_ms: 5000, oneToken: true })).toMatchObject({
      verdict: "unverified",
      reason: null,
    });
  });

  test.each(["before its headers", "after its headers"])(
    "waits no longer than it may for a provider that hangs %s",
    async (when) => {
      const origin = await listen((_, response) => {
        if (when === "after its headers")
          response.writeHead(200, { "content-type": "application/json" }).write('{"data": [');
      });
      expect(await checkKey(providers.openai, apiKey, { origin, timeout_ms: 50, oneToken: true })).toMatchObject({
        verdict: "unverified",
        reason: null,
      });
    },
  );

  test("finds out nothing from an answer that is no JSON", async () => {
    const { origin } = await startServer((_, response) => response.writeHead(200).end("<html>Welcome</html>"));
    expect(await checkKey(providers.openai, apiKey, { origin, timeout_ms: 5000, oneToken: true })).toMatchObject({
      verdict: "unverified",
      reason: null,
    });
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
    expect(await checkKey(providers.openai, apiKey, { origin, timeout_ms: 30_000, oneToken: true })).toMatchObject({
      verdict: "unverified",
      reason: null,
    });
  });

  test("never throws for a key that no header can carry", async () => {
    const origin = await deadOrigin();
    expect(await checkKey(providers.openai, "sk\nkey", { origin, timeout_ms: 5000, oneToken: true })).toMatchObject({
      verdict: "unverified",
      reason: null,
    });
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
