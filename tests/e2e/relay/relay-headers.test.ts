/** Which headers cross the relay, in either direction, and what never does. */
import { describe, expect, test } from "vitest";
import { ask, call, refusalOf } from "../../harness/calls.ts";
import { expectOnlyTheKey, type ProviderId } from "../../harness/fakes.ts";
import { newByokUser, newUser, stack } from "../../harness/users.ts";

/** What clients, browsers and proxies send and no provider may see. */
const privateHeaders = {
  apikey: "sb_publishable_x",
  cookie: "session=1",
  forwarded: "for=192.0.2.1",
  "idempotency-key": "my-request",
  origin: "https://app.example",
  referer: "https://app.example/settings",
  "sb-api-key": "x",
  "user-agent": "my-app/1.0",
  "x-api-version": "1",
  "x-byok-operation": "kernel_build",
  "x-client-info": "supabase-js/2",
  "x-forwarded-for": "192.0.2.1",
  "x-forwarded-host": "app.example",
  "x-real-ip": "192.0.2.1",
  "x-request-id": "mine",
  "x-stainless-lang": "js",
  "x-supabase-api-version": "2024-01-01",
  authorization2: "Bearer x",
  "proxy-authorization": "Basic eDp5",
};

const chosenHeaders = {
  accept: "application/json",
  "anthropic-beta": "feature-1",
  "anthropic-version": "2023-06-01",
  "openai-organization": "org-mine",
  "openai-project": "proj-mine",
  "x-goog-api-client": "google-genai-sdk/3",
};

test.each<ProviderId>(["openai", "anthropic", "google", "groq"])(
  "%s gets the headers that choose features, and no others",
  async (provider) => {
    const owner = await newByokUser(provider);
    const response = await ask(owner.user, provider, { headers: { ...privateHeaders, ...chosenHeaders } });
    expect(response.status).toBe(200);
    const [request] = await expectOnlyTheKey(provider, owner);
    expect(request?.headers).toMatchObject({
      ...chosenHeaders,
      "content-type": "application/json",
      "accept-encoding": "identity",
    });
    for (const name of Object.keys(privateHeaders))
      expect(request?.headers[name]).not.toBe(privateHeaders[name as keyof typeof privateHeaders]);
  },
);

test("the key goes where its provider looks for it, wherever the caller's token was", async () => {
  const owner = await newByokUser("anthropic");
  const { accessToken } = owner.user;
  const headers = { "x-api-key": accessToken, "x-goog-api-key": accessToken };
  expect((await ask(owner.user, "anthropic", { headers })).status).toBe(200);
  const [request] = await expectOnlyTheKey("anthropic", owner);
  expect(request?.headers).not.toHaveProperty("authorization");
  expect(request?.headers).not.toHaveProperty("x-goog-api-key");
});

test("the token in ?key= goes no further, and the rest of the query does", async () => {
  const owner = await newByokUser("google");
  const query = `pageSize=1&key=${owner.user.accessToken}&pageToken=1`;
  const response = await fetch(`${stack.url}/functions/v1/call/google/v1beta/models?${query}`);
  expect(response.status).toBe(200);
  const [request] = await expectOnlyTheKey("google", owner);
  expect(request?.query).toBe("pageSize=1&pageToken=1");
});

test("a query without a token arrives as it was written", async () => {
  const owner = await newByokUser("openai");
  await call(owner.user, "openai/v1/files?limit=1&order=%61sc&metadata[a]=%2F&empty=");
  const [request] = await expectOnlyTheKey("openai", owner);
  expect(request?.query).toBe("limit=1&order=%61sc&metadata[a]=%2F&empty=");
});

test("nothing of a provider's cookies, servers and organisation comes back", async () => {
  const { user } = await newByokUser("openai", { behaviour: "cookies" });
  const response = await ask(user, "openai");
  expect(response.status).toBe(200);
  const names = [...response.headers.keys()];
  const internal = [
    "set-cookie",
    "alt-svc",
    "cf-ray",
    "server",
    "strict-transport-security",
    "via",
    "x-internal-host",
    "openai-organization",
  ];
  expect(names.filter((name) => internal.includes(name))).toEqual([]);
  expect(names.filter((name) => name.startsWith("openai-"))).toEqual([]);
});

test("nothing of an Anthropic organisation comes back", async () => {
  const { user } = await newByokUser("anthropic");
  const { headers } = await ask(user, "anthropic");
  expect(headers.get("anthropic-organization-id")).toBeNull();
  expect(headers.get("anthropic-ratelimit-requests-remaining")).toBe("49");
  expect(headers.get("request-id")).toMatch(/^req_/);
});

describe.each([
  { what: "an answer", behaviour: "works", status: 200, code: null },
  { what: "a provider's error", behaviour: "rate_limited", status: 429, code: null },
  { what: "a refusal by the function", behaviour: "rejected", status: 403, code: "api_key_rejected" },
] as const)("$what", ({ what, behaviour, status, code }) => {
  test(`${what} is not to be stored, sniffed, run or hidden from a browser`, async () => {
    const { user } = await newByokUser("openai", { behaviour });
    const response = await ask(user, "openai");
    expect([response.status, refusalOf(response)]).toEqual([status, code]);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(response.headers.get("content-security-policy")).toBe("default-src 'none'; sandbox");
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    const exposed = response.headers.get("access-control-expose-headers")?.split(", ");
    const ours = [...response.headers.keys()].filter(
      (name) => name.startsWith("x-byok-") || name.startsWith("x-ratelimit-"),
    );
    expect(exposed).toEqual(expect.arrayContaining(ours));
    expect(response.headers.get("x-should-retry")).toBe(code ? "false" : null);
  });
});

test("what paid is on every answer of a provider, its errors included", async () => {
  for (const behaviour of ["works", "rate_limited", "unavailable"] as const) {
    const { user } = await newByokUser("openai", { behaviour });
    const { headers } = await ask(user, "openai");
    expect([headers.get("x-byok-funding"), headers.get("x-byok-credits")]).toEqual(["byok", "0"]);
  }
});

test("a provider that is not there is said not to be, in plain JSON", async () => {
  const response = await call(await newUser(), "acme/v1/models");
  expect([response.status, refusalOf(response)]).toEqual([404, "unknown_provider"]);
  expect(await response.json()).toEqual({ error: { code: "unknown_provider", message: "There is no such provider." } });
});
