/** Which headers cross the relay, in either direction, and what never does. */
import { gzipSync } from "node:zlib";
import { FunctionRegion } from "@supabase/supabase-js";
import { describe, expect, test } from "vitest";
import { ask, call, generation, refusalOf } from "../../harness/calls.ts";
import { expectOnlyTheKey } from "../../harness/fakes.ts";
import { type MainProvider, mainProviders } from "../../harness/providers/main.ts";
import { newByokUser, newUser, stack } from "../../harness/users.ts";

/** Client, browser and proxy headers that no provider may see. */
const privateHeaders = {
  apikey: "sb_publishable_x",
  cookie: "session=1",
  forwarded: "for=192.0.2.1",
  "idempotency-key": "my-request",
  origin: "https://app.example",
  referer: "https://app.example/settings",
  "sb-api-key": "x",
  "user-agent": "my-app/1.0",
  "anthropic-dangerous-direct-browser-access": "true",
  "x-api-version": "1",
  "x-goog-user-project": "mine",
  "x-goog-iam-authorization-token": "mine",
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

/** The headers of each provider's own that choose features, or one of the user's organizations. */
const chosenHeaders = {
  openai: { "openai-beta": "assistants=v2", "openai-organization": "org-mine", "openai-project": "proj-mine" },
  anthropic: {
    "anthropic-beta": "feature-1",
    "anthropic-version": "2023-06-01",
    "anthropic-workspace-id": "wrkspc_mine",
    "anthropic-user-profile-id": "profile_mine",
  },
  google: { "x-goog-api-client": "google-genai-sdk/3", "x-goog-fieldmask": "candidates" },
  groq: { "groq-model-version": "latest" },
} satisfies Record<MainProvider, Record<string, string>>;

test.each(mainProviders)("%s gets the headers that choose its features, and no others", async (provider) => {
  const owner = await newByokUser(provider);
  const everybodys = Object.assign({}, ...Object.values(chosenHeaders)) as Record<string, string>;
  const headers: Record<string, string> = { ...privateHeaders, ...everybodys, accept: "application/json" };
  const response = await ask(owner.user, provider, { headers });
  expect(response.status).toBe(200);
  const [request] = await expectOnlyTheKey(provider, owner);
  expect(request?.headers).toMatchObject({
    ...chosenHeaders[provider],
    accept: "application/json",
    "content-type": "application/json",
    "accept-encoding": "identity",
  });
  const others = Object.keys({ ...privateHeaders, ...everybodys }).filter((name) => !(name in chosenHeaders[provider]));
  for (const name of others) expect(request?.headers[name]).not.toBe(headers[name]);
});

test("a compressed body arrives as it is, and says how it is compressed", async () => {
  const owner = await newByokUser("openai");
  const body = gzipSync('{"model":"gpt-5.4-nano","messages":[]}');
  const headers = { "content-type": "application/json", "content-encoding": "gzip" };
  await (await call(owner.user, "openai/v1/files", { method: "POST", headers, body })).text();
  const [request] = await expectOnlyTheKey("openai", owner);
  expect([request?.headers["content-encoding"], request?.bodyText]).toEqual(["gzip", body.toString("utf8")]);
});

test("a compressed body is refused on credits by the name of its encoding", async () => {
  const user = await newUser(100);
  const headers = { "content-encoding": "gzip", "x-byok-operation": "single_doc_regen" };
  const body = gzipSync(JSON.stringify(generation("openai").body));
  const response = await call(user, "openai/v1/chat/completions", { method: "POST", headers, body });
  expect([response.status, refusalOf(response)]).toEqual([400, "invalid_request"]);
  expect(await response.text()).toContain("compressed (gzip)");
});

test("the region that supabase-js asks the platform for goes no further", async () => {
  const owner = await newByokUser("google");
  const { supabase } = owner.user;
  const { error } = await supabase.functions.invoke("byok/call/google/v1beta/models", {
    method: "GET",
    region: FunctionRegion.EuWest1,
  });
  expect(error).toBeNull();
  const [request] = await expectOnlyTheKey("google", owner);
  expect(request?.query).toBe("");
});

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
  const response = await fetch(`${stack.url}/functions/v1/byok/call/google/v1beta/models?${query}`);
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
