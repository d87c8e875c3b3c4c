import { describe, expect, test } from "vitest";
import { type ProviderId, providerIds, providers } from "../../../functions/_shared/providers/index.ts";
import { fundingHeaders, inbound, outboundHeaders } from "../../../functions/_shared/relay/headers.ts";

const apiKey = "sk-users/own+key";
const byok = { payer: "byok", owner: "user", apiKey, microcredits: 0 } as const;
const platform = { payer: "platform", owner: "user", apiKey: "sk-platform", microcredits: 10_000_000 } as const;

describe("outboundHeaders()", () => {
  const sent = { "content-type": "multipart/form-data; boundary=x", accept: "text/event-stream" };
  /** The headers of each provider's own that choose features or an account. */
  const googles = {
    "x-goog-api-client": "genai-js/3.1.0",
    "x-goog-upload-protocol": "resumable",
    "x-goog-upload-header-content-length": "5",
    "x-goog-fieldmask": "name",
  };
  const features: Readonly<Partial<Record<ProviderId, Record<string, string>>>> = {
    openai: { "openai-beta": "assistants=v2", "openai-organization": "org-1", "openai-project": "proj-1" },
    anthropic: {
      "anthropic-version": "2026-10-21",
      "anthropic-beta": "files-api-2025-04-14",
      "anthropic-workspace-id": "wrkspc_1",
      "anthropic-user-profile-id": "profile_1",
    },
    google: googles,
    vertex: googles,
    groq: { "groq-model-version": "latest", "groq-beta": "inference-metrics" },
  };
  /** Headers of a provider's own that authenticate, or tell who the caller is. */
  const callers = {
    "anthropic-dangerous-direct-browser-access": "true",
    "x-goog-user-project": "the-callers-project",
    "x-goog-authuser": "0",
    "x-goog-authenticated-user-email": "accounts.google.com:someone@example.com",
    "x-goog-iam-authorization-token": "the-callers-token",
    "x-goog-iap-jwt-assertion": "the-callers-token",
    "x-goog-visitor-id": "someone",
  };
  const staysBehind = {
    authorization: "Bearer the-callers-token",
    apikey: "sb_publishable_x",
    "sb-api-key": "sb_secret_x",
    "x-api-key": "the-callers-token",
    "x-goog-api-key": "the-callers-token",
    "api-key": "the-callers-token",
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
  const client = new Headers({
    ...sent,
    ...Object.assign({}, ...Object.values(features)),
    ...callers,
    ...staysBehind,
    "content-encoding": "gzip",
  });

  test.each(providerIds)("forwards to %s what a request needs, and the user's choices of its own features", (id) => {
    const { [providers[id].api.authentication.header]: credential, ...others } = Object.fromEntries(
      outboundHeaders(client, providers[id], byok),
    );
    expect(credential).toContain(apiKey);
    expect(others).toEqual({
      ...sent,
      ...features[id],
      "content-encoding": "gzip",
      "accept-encoding": "identity",
    });
  });

  test.each<[ProviderId, Record<string, string>]>([
    ["openai", {}],
    ["anthropic", { "anthropic-version": "2026-10-21" }],
    ["google", { "x-goog-api-client": "genai-js/3.1.0" }],
    ["groq", {}],
  ])("forwards to %s under the platform's key no choice but %j, nor how bodies are to be written", (id, chosen) => {
    const { [providers[id].api.authentication.header]: credential, ...others } = Object.fromEntries(
      outboundHeaders(client, providers[id], platform),
    );
    expect(credential).toContain("sk-platform");
    expect(others).toEqual({
      ...chosen,
      accept: "application/json",
      "content-type": "application/json",
      "accept-encoding": "identity",
    });
  });

  test("adds no version where the client left it out", () => {
    expect(Object.fromEntries(outboundHeaders(new Headers(), providers.anthropic, byok))).toEqual({
      "accept-encoding": "identity",
      "x-api-key": apiKey,
    });
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
      "x-byok-owner": "user",
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
    expect(Object.fromEntries(fundingHeaders(platform))).toEqual({
      "x-byok-funding": "platform",
      "x-byok-owner": "user",
      "x-byok-credits": "10",
    });
  });
});
