import { describe, expect, test, vi } from "vitest";
import { ByokError } from "../../../functions/_shared/errors.ts";
import { providers } from "../../../functions/_shared/providers/index.ts";
import { inboundError } from "../../../functions/_shared/relay/provider-error.ts";

const apiKey = "sk-users/own+key";
const byok = { payer: "byok", owner: "user", apiKey, microcredits: 0 } as const;
const platform = { payer: "platform", owner: "user", apiKey: "sk-platform", microcredits: 10_000_000 } as const;

describe("inboundError()", () => {
  const error = (status: number, body: unknown) =>
    new Response(typeof body === "string" ? body : JSON.stringify(body), {
      status,
      headers: { "content-type": "application/json" },
    });
  const invalid = {
    error: {
      code: 400,
      status: "INVALID_ARGUMENT",
      message: `API key ${apiKey} not valid`,
      details: [{ reason: "API_KEY_INVALID" }],
    },
  };

  test("passes on an error that is about the request, for 0 credits", async () => {
    const response = await inboundError(
      error(400, { error: { message: "Unknown model" } }),
      providers.openai,
      platform,
    );
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ error: { message: "Unknown model" } });
    expect(response.headers.get("x-byok-funding")).toBe("platform");
    expect(response.headers.get("x-byok-credits")).toBe("0");
    expect(response.headers.get("x-byok-error")).toBeNull();
  });

  test("passes on named fields on credits, as JSON, without the limits of the operator's account", async () => {
    const answer = new Response('{"error":{"message":"No JSON","failed_generation":"all of it"}}', {
      status: 400,
      headers: { "content-type": "text/html", "x-ratelimit-limit-tokens": "30000", "x-request-id": "req_1" },
    });
    const response = await inboundError(answer, providers.groq, platform);
    expect(await response.json()).toEqual({ error: { message: "No JSON" } });
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(response.headers.get("x-ratelimit-limit-tokens")).toBeNull();
    expect(response.headers.get("x-request-id")).toBe("req_1");
  });

  test.each([
    ["as it is", apiKey],
    ["in base64", btoa(apiKey)],
    ["masked", `${apiKey.slice(0, 8)}****`],
  ])("answers in its own words where the provider repeats the API key %s", async (_, spelled) => {
    for (const funding of [byok, { ...platform, apiKey }]) {
      for (const body of [`failed for ${spelled}`, { error: { message: `failed for ${spelled}` } }]) {
        const answered = inboundError(error(400, body), providers.openai, funding).then((response) => response.text());
        const shown = await answered.catch((refusal: ByokError) => {
          expect(refusal).toMatchObject({ code: "provider_misbehaved", message: expect.stringContaining("repeats") });
          return refusal.message;
        });
        expect(shown).not.toContain(spelled);
        if (typeof body === "object") expect(shown).toContain("repeats");
      }
    }
  });

  test("takes out whose account it is", async () => {
    const response = await inboundError(error(429, "in org-abcdefghijklmnop"), providers.openai, byok);
    expect(await response.text()).toBe("in [redacted]");
  });

  test.each<[string, keyof typeof providers, number, unknown, string]>([
    [
      "a 401 that echoes the key",
      "openai",
      401,
      { error: { message: `Incorrect API key: ${apiKey}`, code: "invalid_api_key" } },
      "rejected",
    ],
    [
      "a 403 for a key that is limited to other APIs",
      "google",
      403,
      { error: { code: 403, status: "PERMISSION_DENIED", details: [{ reason: "API_KEY_SERVICE_BLOCKED" }] } },
      "restricted",
    ],
    ["Google's 400 for an invalid key", "google", 400, invalid, "rejected"],
  ])(
    "turns %s into the function's own refusal, without the provider's words",
    async (_, provider, status, body, verdict) => {
      const adapter = providers[provider];
      await expect(inboundError(error(status, body), adapter, byok)).rejects.toMatchObject({
        code: "api_key_rejected",
        callStatus: 403,
        message: `${adapter.name} refuses this API key for this request.`,
        details: { verdict },
      });
    },
  );

  test.each<[string, number, keyof typeof providers, unknown]>([
    ["a block page of the provider's edge", 403, "openai", "error code: 1010"],
    ["a 401 that is no JSON", 401, "anthropic", "<html>"],
    [
      "a JSON of the provider's edge",
      403,
      "groq",
      { error: { message: "Access denied. Check your network settings." } },
    ],
    ["a JSON of a gateway", 401, "openai", { message: "Unauthorized" }],
    [
      "that the function's country is not served",
      403,
      "openai",
      { error: { code: "unsupported_country_region_territory" } },
    ],
  ])("does not blame the key for %s", async (_, status, provider, body) => {
    await expect(inboundError(error(status, body), providers[provider], byok)).rejects.toMatchObject({
      code: "provider_misbehaved",
      details: {},
    });
  });

  test.each([
    ["OpenAI's asterisks", "openai", `Incorrect API key provided: ${apiKey.slice(0, 8)}****${apiKey.slice(-4)}.`],
    ["an ellipsis", "groq", `Invalid API Key ${apiKey.slice(0, 8)}...${apiKey.slice(-4)}`],
  ] as const)("passes on no 401 that shows the key masked by %s", async (_, provider, message) => {
    for (const funding of [byok, platform]) {
      const thrown = await inboundError(
        error(401, { error: { message, code: "invalid_api_key" } }),
        providers[provider],
        funding,
      ).catch((refusal: unknown) => refusal);
      expect(thrown).toBeInstanceOf(ByokError);
      const { message: shown, details } = thrown as ByokError;
      expect(JSON.stringify([shown, details])).not.toContain(apiKey.slice(-4));
    }
  });

  test("says why a key is refused, where the provider says so itself", async () => {
    const body = { error: { message: "Wrong host", type: "invalid_request_error", code: "incorrect_hostname" } };
    await expect(inboundError(error(401, body), providers.openai, byok)).rejects.toMatchObject({
      code: "api_key_rejected",
      details: { verdict: "restricted", reason: "other_region" },
    });
  });

  test.each<[string, keyof typeof providers, number, unknown, string | null, string | null]>([
    [
      "a file that has expired",
      "google",
      403,
      {
        error: {
          code: 403,
          status: "PERMISSION_DENIED",
          message: "You do not have permission to access the File x or it may not exist.",
        },
      },
      null,
      null,
    ],
    [
      "an organization that is not verified",
      "openai",
      403,
      {
        error: {
          type: "invalid_request_error",
          message: "Your organization must be verified to use the model `gpt-6`.",
        },
      },
      "restricted",
      "verification_needed",
    ],
    [
      "a model that is not allowed, with its name",
      "openai",
      403,
      { error: { code: "model_not_found", message: "This project has no access to model `gpt-6`" } },
      "restricted",
      "model_not_allowed",
    ],
    [
      "a model that is blocked, with its name",
      "groq",
      403,
      {
        error: { code: "model_permission_blocked_org", message: "The model `x` is blocked at the organization level." },
      },
      "restricted",
      "model_not_allowed",
    ],
    [
      "a scope that is missing",
      "openai",
      401,
      { error: { code: "missing_scope", message: "Missing scopes: model.request" } },
      "restricted",
      "missing_scope",
    ],
    [
      "a model that is gone",
      "anthropic",
      404,
      { type: "error", error: { type: "not_found_error", message: "model: claude-x" } },
      null,
      "model_not_allowed",
    ],
    [
      "a rate limit",
      "anthropic",
      429,
      { type: "error", error: { type: "rate_limit_error", message: "slow down" } },
      "rate_limited",
      null,
    ],
    [
      "a bad request",
      "anthropic",
      400,
      { type: "error", error: { type: "invalid_request_error", message: "max_tokens: Field required" } },
      null,
      null,
    ],
  ])(
    "passes on the words about %s, and what they say about the key",
    async (_, provider, status, body, verdict, reason) => {
      const response = await inboundError(error(status, body), providers[provider], byok);
      expect([response.status, await response.json()]).toEqual([status, body]);
      expect(response.headers.get("x-byok-verdict")).toBe(verdict);
      expect(response.headers.get("x-byok-reason")).toBe(reason);
      expect(response.headers.get("x-should-retry")).toBeNull();
    },
  );

  test.each<[string, keyof typeof providers, number, unknown, string]>([
    ["has no credit", "openai", 429, { error: { code: "insufficient_quota", message: "quota" } }, "out_of_credit"],
    ["is not active", "openai", 429, { error: { type: "billing_not_active", message: "no" } }, "billing_inactive"],
    ["owes money", "groq", 402, {}, "out_of_credit"],
    [
      "has no billing",
      "google",
      403,
      {
        error: {
          code: 403,
          status: "PERMISSION_DENIED",
          message: "Enable billing",
          details: [{ reason: "BILLING_DISABLED" }],
        },
      },
      "billing_inactive",
    ],
  ])(
    "passes on that the user's own account %s, and that asking again is no use",
    async (_, provider, status, body, reason) => {
      const response = await inboundError(error(status, body), providers[provider], byok);
      expect([response.status, await response.json()]).toEqual([status, body]);
      expect(Object.fromEntries(response.headers)).toMatchObject({
        "x-byok-verdict": "no_credit",
        "x-byok-reason": reason,
        "x-should-retry": "false",
      });
    },
  );

  test.each<[string, keyof typeof providers, number, unknown]>([
    ["refuses the platform's key", "openai", 401, { error: { message: "Incorrect API key" } }],
    ["forbids it something", "openai", 403, { error: { message: "Missing scopes: x" } }],
    ["refuses it by a 400", "google", 400, invalid],
    ["wants to be paid", "openai", 429, { error: { code: "insufficient_quota" } }],
    ["wants to be paid by a 402", "groq", 402, {}],
    ["wants terms to be accepted", "groq", 400, { error: { code: "model_terms_required", message: "Ask an admin" } }],
    ["is not active", "openai", 429, { error: { type: "billing_not_active", code: "billing_not_active" } }],
    [
      "wants to be paid by a 400",
      "anthropic",
      400,
      { type: "error", error: { type: "invalid_request_error", message: "Your credit balance is too low" } },
    ],
  ])("never shows the state of the platform's account when the provider %s", async (_, provider, status, body) => {
    const { code, message, details } = new ByokError("provider_misbehaved");
    await expect(inboundError(error(status, body), providers[provider], platform)).rejects.toMatchObject({
      code,
      message,
      details,
    });
  });

  test("says nothing on credits of what an error says about the platform's key", async () => {
    const body = { error: { message: "Slow down", type: "requests", code: "rate_limit_exceeded" } };
    const { headers } = await inboundError(error(429, body), providers.openai, platform);
    expect([headers.get("x-byok-verdict"), headers.get("x-byok-reason")]).toEqual([null, null]);
  });

  test("passes on a rate limit, with the time to wait", async () => {
    const answer = new Response("{}", { status: 429, headers: { "retry-after": "7" } });
    const response = await inboundError(answer, providers.groq, platform);
    expect([response.status, response.headers.get("retry-after")]).toEqual([429, "7"]);
  });

  test("reads no more of an error than it may", async () => {
    const cancel = vi.fn();
    const chunk = Buffer.alloc(64 * 1024, "x");
    const body = new ReadableStream<Uint8Array>({ pull: (controller) => controller.enqueue(chunk), cancel });
    const response = await inboundError(new Response(body, { status: 500 }), providers.openai, byok);
    const { length } = await response.text();
    expect(length).toBeGreaterThan(255 * 1024);
    expect(length).toBeLessThanOrEqual(256 * 1024);
    expect(cancel).toHaveBeenCalledOnce();
  });

  test.each([1, 4, apiKey.length - 1])(
    "leaves no part of a key of which %d characters come before the cut",
    async (part) => {
      const text = "x".repeat(256 * 1024 - part) + apiKey;
      const response = await inboundError(error(500, text), providers.openai, byok);
      expect(await response.text()).toMatch(/^x+$/);
    },
  );

  test("waits no longer for the end of an error than a function has, and passes its status on", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const cancel = vi.fn();
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => controller.enqueue(Buffer.from('{"error": ')),
        cancel,
      });
      const response = inboundError(new Response(body, { status: 500 }), providers.openai, byok);
      await vi.advanceTimersByTimeAsync(10_000);
      expect([(await response).status, await (await response).text()]).toEqual([500, ""]);
      expect(cancel).toHaveBeenCalledOnce();
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  test("passes on the status of an error whose body breaks off", async () => {
    const body = new ReadableStream({ start: (controller) => controller.error(new Error("reset")) });
    const response = await inboundError(new Response(body, { status: 500 }), providers.openai, byok);
    expect([response.status, await response.text()]).toEqual([500, ""]);
  });
});
