import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { withChecks } from "../../functions/_shared/keys/checks.ts";
import { openServices } from "../../functions/_shared/services.ts";
import { answerJson, listen, startServer } from "../harness/http.ts";

beforeEach(() => {
  vi.stubEnv("SUPABASE_URL", "http://127.0.0.1:1");
  vi.stubEnv("SUPABASE_SECRET_KEYS", '{"default": "sb_secret_example"}');
  vi.stubEnv("BYOK_MASTER_KEYS", JSON.stringify({ primary: 4, keys: { 4: randomBytes(32).toString("base64") } }));
  for (const name of ["BYOK_PLATFORM_KEYS", "BYOK_PROVIDER_ORIGINS", "BYOK_ONE_TOKEN_CHECK", "BYOK_CHECK_TIMEOUT_MS"]) {
    vi.stubEnv(name, undefined);
  }
});

afterEach(() => {
  vi.unstubAllEnvs();
});

const placed = (apiKey: string) => ({ apiKey, place: null });

describe("openServices()", () => {
  test("reads the key ring of the environment", async () => {
    expect((await openServices()).keyring.primary).toBe(4);
  });

  test("does not boot on a bad key ring", async () => {
    vi.stubEnv("BYOK_MASTER_KEYS", '{"primary": 1, "keys": {}}');
    await expect(openServices()).rejects.toThrow(/^BYOK_MASTER_KEYS: /);
  });

  test("does not boot without a setting", async () => {
    vi.stubEnv("SUPABASE_URL", undefined);
    await expect(openServices()).rejects.toThrow("SUPABASE_URL is not set");
  });

  test("finds a provider at its own origin, or where the operator put its fake", async () => {
    const fakes = { groq: "http://127.0.0.1:9000", "openai/eu": "http://127.0.0.1:9001" };
    vi.stubEnv("BYOK_PROVIDER_ORIGINS", JSON.stringify(fakes));
    const { originOf } = await openServices();
    expect(originOf("openai", null)).toBe("https://api.openai.com");
    expect(originOf("openai", "us")).toBe("https://us.api.openai.com");
    expect(originOf("openai", "eu")).toBe("http://127.0.0.1:9001");
    expect(originOf("groq", null)).toBe("http://127.0.0.1:9000");
  });

  test("finds no provider at a place that it does not have, wherever its fake is", async () => {
    vi.stubEnv("BYOK_PROVIDER_ORIGINS", '{"groq": "http://127.0.0.1:9000", "openai": "http://127.0.0.1:9001"}');
    const { originOf } = await openServices();
    for (const [id, place] of [
      ["groq", "eu"],
      ["openai", "evil.test"],
      ["openai", ""],
    ] as const) {
      expect(() => originOf(id, place)).toThrow(new RangeError("There is no such place."));
    }
  });

  test("checks a key there, by two requests", async () => {
    const models = { data: [{ id: "gpt-nano" }] };
    const { origin, received } = await startServer((_, response) => answerJson(response, 200, models));
    vi.stubEnv("BYOK_PROVIDER_ORIGINS", JSON.stringify({ openai: origin }));
    expect(await withChecks(await openServices()).check("openai", placed("sk-key"))).toMatchObject({
      verdict: "verified",
    });
    expect(received.map(({ method }) => method)).toEqual(["GET", "POST"]);
  });

  test("spends no token where the operator says so", async () => {
    const { origin, received } = await startServer((_, response) => answerJson(response, 200, { data: [] }));
    vi.stubEnv("BYOK_PROVIDER_ORIGINS", JSON.stringify({ openai: origin }));
    vi.stubEnv("BYOK_ONE_TOKEN_CHECK", "off");
    expect(await withChecks(await openServices()).check("openai", placed("sk-key"))).toMatchObject({
      verdict: "verified",
    });
    expect(received.map(({ method }) => method)).toEqual(["GET"]);
  });

  test("waits as long as the operator says", async () => {
    const origin = await listen(() => undefined);
    vi.stubEnv("BYOK_PROVIDER_ORIGINS", JSON.stringify({ openai: origin }));
    vi.stubEnv("BYOK_CHECK_TIMEOUT_MS", "30");
    const timeout = vi.spyOn(AbortSignal, "timeout");
    expect(await withChecks(await openServices()).check("openai", placed("sk-key"))).toMatchObject({
      verdict: "unverified",
    });
    expect(timeout).toHaveBeenCalledExactlyOnceWith(30);
    timeout.mockRestore();
  });
});
