import { afterEach, describe, expect, test, vi } from "vitest";
import { readEnv } from "../../functions/_shared/env.ts";
import { providerIds } from "../../functions/_shared/providers/index.ts";

const complete = {
  SUPABASE_URL: "https://project.supabase.test",
  SUPABASE_SECRET_KEYS: '{"default": "sb_secret_example"}',
  BYOK_MASTER_KEYS: '{"primary": 1, "keys": {}}',
};

afterEach(() => {
  vi.unstubAllEnvs();
});

function read(changes: Record<string, string | undefined> = {}) {
  return readEnv({ ...complete, ...changes });
}

describe("readEnv()", () => {
  test("fills in what is not set", () => {
    expect(read()).toEqual({
      supabaseUrl: "https://project.supabase.test",
      secretKey: "sb_secret_example",
      masterKeys: '{"primary": 1, "keys": {}}',
      offered: providerIds,
      platformKeys: {},
      providerOrigins: {},
      oneTokenCheck: true,
      checkTimeout_ms: 10_000,
      callTimeout_ms: 70_000,
      stallTimeout_ms: 70_000,
    });
  });

  test("reads every setting", () => {
    const env = read({
      BYOK_PLATFORM_KEYS: '{"openai": "sk-platform"}',
      BYOK_PROVIDER_ORIGINS: '{"openai": "http://127.0.0.1:9000", "groq": "http://localhost:9001"}',
      BYOK_ONE_TOKEN_CHECK: "off",
      BYOK_CHECK_TIMEOUT_MS: "50",
      BYOK_CALL_TIMEOUT_MS: "60",
      BYOK_STALL_TIMEOUT_MS: "70",
    });
    expect(env).toMatchObject({
      platformKeys: { openai: { apiKey: "sk-platform", place: null } },
      providerOrigins: { openai: "http://127.0.0.1:9000", groq: "http://localhost:9001" },
      oneTokenCheck: false,
      checkTimeout_ms: 50,
      callTimeout_ms: 60,
      stallTimeout_ms: 70,
    });
  });

  test("reads the environment of the process when none is given", () => {
    for (const [name, value] of Object.entries(complete)) vi.stubEnv(name, value);
    vi.stubEnv("BYOK_CALL_TIMEOUT_MS", "77");
    expect(readEnv()).toMatchObject({ supabaseUrl: complete.SUPABASE_URL, callTimeout_ms: 77 });
  });

  test.each(["SUPABASE_URL", "SUPABASE_SECRET_KEYS", "BYOK_MASTER_KEYS"])("refuses to go on without %s", (name) => {
    expect(() => read({ [name]: undefined })).toThrow(new Error(`${name} is not set`));
    expect(() => read({ [name]: "" })).toThrow(new Error(`${name} is not set`));
  });

  test.each(["{}", '{"other": "sb_secret_example"}', '{"default": ""}'])(
    "refuses the secret keys %s, without a default",
    (json) => {
      expect(() => read({ SUPABASE_SECRET_KEYS: json })).toThrow(new Error("SUPABASE_SECRET_KEYS has no default key"));
    },
  );

  describe.each(["SUPABASE_SECRET_KEYS", "BYOK_PLATFORM_KEYS", "BYOK_PROVIDER_ORIGINS"])("%s", (name) => {
    test.each(["nonsense", "[]", "null", "3", '"text"'])("is refused when it is %s", (json) => {
      expect(() => read({ [name]: json })).toThrow(new Error(`${name} is not a JSON object`));
    });

    test("is refused when it holds more than strings", () => {
      expect(() => read({ [name]: '{"default": 1}' })).toThrow(`${name} holds more than strings`);
    });
  });

  test.each(["", "sk key", "sk-é", "sk\nx-header: y", "sk\u007f"])(
    "refuses the platform key %j, which no header can carry",
    (key) => {
      const error = new Error("BYOK_PLATFORM_KEYS holds a key that is not printable ASCII");
      expect(() => read({ BYOK_PLATFORM_KEYS: JSON.stringify({ openai: "sk-good", groq: key }) })).toThrow(error);
    },
  );

  test("takes a platform key with its place", () => {
    const json = JSON.stringify({ openai: { api_key: "sk-platform", place: "eu" }, groq: { api_key: "gsk_platform" } });
    expect(read({ BYOK_PLATFORM_KEYS: json }).platformKeys).toEqual({
      openai: { apiKey: "sk-platform", place: "eu" },
      groq: { apiKey: "gsk_platform", place: null },
    });
  });

  test.each([
    ["openai", { api_key: "sk-platform", place: "evil.test/" }],
    ["openai", { api_key: "sk-platform", place: "EU" }],
    ["groq", { api_key: "gsk_platform", place: "eu" }],
  ])("refuses for %s the platform key %j, whose place does not exist", (id, key) => {
    const error = new Error(`BYOK_PLATFORM_KEYS holds no place, or one that does not exist, for ${id}`);
    expect(() => read({ BYOK_PLATFORM_KEYS: JSON.stringify({ [id]: key }) })).toThrow(error);
  });

  test.each([{ place: "eu" }, { api_key: "sk", place: 1 }, { api_key: "sk", region: "eu" }, ["sk"], null])(
    "refuses %j for a platform key",
    (key) => {
      const error = new Error("BYOK_PLATFORM_KEYS holds more than strings, and objects of api_key and place");
      expect(() => read({ BYOK_PLATFORM_KEYS: JSON.stringify({ openai: key }) })).toThrow(error);
    },
  );

  test.each(["http://127.0.0.1:1", "http://localhost:8080", "http://[::1]:9000", "http://host.docker.internal:9000"])(
    "lets a provider be at %s, on this machine",
    (origin) => {
      const json = JSON.stringify({ openai: origin });
      expect(read({ BYOK_PROVIDER_ORIGINS: json }).providerOrigins).toEqual({ openai: origin });
    },
  );

  test.each([
    "https://api.openai.com",
    "https://evil.test",
    "http://127.0.0.1.evil.test",
    "http://localhost@evil.test",
    "http://127.0.0.1:9000/",
    "http://127.0.0.1:9000/v1",
    "http://user@127.0.0.1:9000",
    "http://10.0.0.1",
    "127.0.0.1:9000",
    "nonsense",
    "",
  ])("refuses to send API keys to %j", (origin) => {
    const error = new Error("BYOK_PROVIDER_ORIGINS may only name this machine: API keys are sent there");
    const json = JSON.stringify({ groq: "http://127.0.0.1:9000", openai: origin });
    expect(() => read({ BYOK_PROVIDER_ORIGINS: json })).toThrow(error);
  });

  test.each(["BYOK_PLATFORM_KEYS", "BYOK_PROVIDER_ORIGINS"])("refuses a provider in %s that does not exist", (name) => {
    for (const id of ["openAI", "open_ai", "nobody", "toString", ""]) {
      const json = JSON.stringify({ openai: "http://127.0.0.1:9000", [id]: "http://127.0.0.1:9000" });
      const error = new Error(`${name} names a provider that does not exist; there are ${providerIds.join(", ")}`);
      expect(() => read({ [name]: json })).toThrow(error);
    }
  });

  test("takes the operator's own endpoints for providers", () => {
    const house = {
      id: "house",
      number: 10_001,
      name: "House",
      origin: "https://llm.test",
      keys_url: "https://llm.test/",
    };
    const json = JSON.stringify([house]);
    expect(read({ BYOK_ENDPOINTS: json }).offered).toEqual([...providerIds, "house"]);
    const env = read({
      BYOK_ENDPOINTS: json,
      BYOK_PROVIDERS: "house,openai",
      BYOK_PLATFORM_KEYS: '{"house": "sk-house"}',
    });
    expect(env).toMatchObject({
      offered: ["house", "openai"],
      platformKeys: { house: { apiKey: "sk-house", place: null } },
    });
    const placed = '{"house": {"api_key": "sk-house", "place": "eu"}}';
    expect(() => read({ BYOK_ENDPOINTS: json, BYOK_PLATFORM_KEYS: placed })).toThrow("holds no place");
    expect(() => read({ BYOK_ENDPOINTS: json, BYOK_PROVIDER_ORIGINS: '{"house": "http://127.0.0.1:1"}' })).toThrow(
      "BYOK_PROVIDER_ORIGINS names a provider that does not exist",
    );
    expect(() => read({ BYOK_ENDPOINTS: "{}" })).toThrow(new Error("BYOK_ENDPOINTS is not a JSON list"));
  });

  test("offers every provider, or those that the operator names, in that order", () => {
    expect(read({}).offered).toEqual(providerIds);
    expect(read({ BYOK_PROVIDERS: "mistral, openai" }).offered).toEqual(["mistral", "openai"]);
  });

  test.each(["", "openAI", "openai,", "openai;google", "openai,nobody", "toString"])(
    "refuses %j for BYOK_PROVIDERS, which names a provider that does not exist",
    (list) => {
      const error = new Error(
        `BYOK_PROVIDERS names a provider that does not exist; there are ${providerIds.join(", ")}`,
      );
      expect(() => read({ BYOK_PROVIDERS: list })).toThrow(error);
    },
  );

  test("refuses a provider that BYOK_PROVIDERS names twice", () => {
    expect(() => read({ BYOK_PROVIDERS: "openai,google,openai" })).toThrow("BYOK_PROVIDERS names a provider twice");
  });

  test.each(["false", "0", "no", "OFF", "true", "", " off"])("refuses %j for BYOK_ONE_TOKEN_CHECK", (value) => {
    const error = new Error("BYOK_ONE_TOKEN_CHECK is neither on nor off");
    expect(() => read({ BYOK_ONE_TOKEN_CHECK: value })).toThrow(error);
  });

  test("takes on for BYOK_ONE_TOKEN_CHECK, which is what counts without it", () => {
    expect(read({ BYOK_ONE_TOKEN_CHECK: "on" }).oneTokenCheck).toBe(true);
  });

  test.each(["BYOK_MASTER_KEY", "BYOK_PLATFORM_KEYS_", "BYOK_OPERATOR_DB_URL", "BYOK_"])(
    "refuses %s, which is no setting, and does not show its value",
    (name) => {
      const error = new Error(`${name} is no setting of these functions`);
      expect(() => read({ [name]: "s3cret" })).toThrow(error);
    },
  );

  test("leaves the settings of others alone", () => {
    expect(read({ STRIPE_KEY: "x", byok_lower: "x", MY_BYOK_SETTING: "x" })).toEqual(read());
  });

  test.each(["project.supabase.test", "ftp://project.supabase.test", "nonsense"])("refuses SUPABASE_URL=%s", (url) => {
    expect(() => read({ SUPABASE_URL: url })).toThrow(new Error("SUPABASE_URL is no address"));
  });

  const address = "postgresql://byok_functions.ref:s3cret@pooler.test:6543/postgres";

  test("asks a database elsewhere for a certificate of the public authorities, or of the one that is named", () => {
    expect(read({ BYOK_DATABASE_URL: address }).directDatabase).toEqual({ url: address, tls: {} });
    const named = read({ BYOK_DATABASE_URL: address, BYOK_DATABASE_CA: "-----BEGIN CERTIFICATE-----" });
    expect(named.directDatabase).toEqual({ url: address, tls: { ca: "-----BEGIN CERTIFICATE-----" } });
  });

  test("reaches a database on this machine without TLS", () => {
    const url = "postgres://byok_functions:password@127.0.0.1:54322/postgres";
    expect(read({ BYOK_DATABASE_URL: url, BYOK_DATABASE_CA: "-----BEGIN CERTIFICATE-----" }).directDatabase).toEqual({
      url,
      tls: false,
    });
  });

  test("uses the Data API without the address of a database", () => {
    expect(read({ BYOK_DATABASE_URL: undefined })).not.toHaveProperty("directDatabase");
  });

  test("refuses an authority for a database that is not named, and one that is no certificate", () => {
    const ca = "-----BEGIN CERTIFICATE-----";
    expect(() => read({ BYOK_DATABASE_CA: ca })).toThrow(
      new Error("BYOK_DATABASE_CA is set without BYOK_DATABASE_URL"),
    );
    for (const broken of ["", "prod-ca.crt"]) {
      const error = new Error("BYOK_DATABASE_CA is no PEM");
      expect(() => read({ BYOK_DATABASE_URL: address, BYOK_DATABASE_CA: broken })).toThrow(error);
    }
  });

  test.each([
    "",
    "nonsense",
    "mysql://user:s3cret@host.invalid/db",
    "postgresql://user@host.invalid/db",
    "postgresql://:s3cret@host.invalid/db",
    "postgresql:///db",
  ])("refuses the address %s of a database, which names no login", (url) => {
    const error = new Error("BYOK_DATABASE_URL is not of the form postgresql://user:password@host:port/database");
    expect(() => read({ BYOK_DATABASE_URL: url })).toThrow(error);
  });

  test.each(["?sslmode=disable", "?pgbouncer=true", "#s3cret"])(
    "refuses %s after the address of a database",
    (more) => {
      const error = new Error("BYOK_DATABASE_URL may not have parameters");
      expect(() => read({ BYOK_DATABASE_URL: address + more })).toThrow(error);
    },
  );

  const timeouts = ["BYOK_CHECK_TIMEOUT_MS", "BYOK_CALL_TIMEOUT_MS", "BYOK_STALL_TIMEOUT_MS"];

  test.each([
    [150_000, { checkTimeout_ms: 10_000, callTimeout_ms: 70_000, stallTimeout_ms: 70_000 }],
    [400_000, { checkTimeout_ms: 10_000, callTimeout_ms: 140_000, stallTimeout_ms: 120_000 }],
    [20_000, { checkTimeout_ms: 5_000, callTimeout_ms: 5_000, stallTimeout_ms: 5_000 }],
  ])("gives a worker of %d ms timeouts that leave time for an answer", (life_ms, expected) => {
    expect(read({ BYOK_WORKER_LIFE_MS: String(life_ms) })).toMatchObject(expected);
  });

  test.each(timeouts)("refuses a %s that is more than a call may have", (name) => {
    const most = (life_ms: string | undefined) => ({
      call: (value: number) => read({ BYOK_WORKER_LIFE_MS: life_ms, [name]: String(value) }),
    });
    for (const [life_ms, most_ms] of [
      [undefined, 75_000],
      ["400000", 150_000],
      ["1000", 500],
    ] as const) {
      most(life_ms).call(most_ms);
      const error = new Error(`${name} is more than ${most_ms}: a call may have no more, by BYOK_WORKER_LIFE_MS`);
      expect(() => most(life_ms).call(most_ms + 1)).toThrow(error);
    }
  });

  test("refuses a worker that outlives the holds it places", () => {
    read({ BYOK_WORKER_LIFE_MS: "900000" });
    const error = new Error("BYOK_WORKER_LIFE_MS is more than 900000: a hold lives no longer");
    expect(() => read({ BYOK_WORKER_LIFE_MS: "900001" })).toThrow(error);
  });

  test.each([...timeouts, "BYOK_WORKER_LIFE_MS"])("refuses a %s that is no whole number above 0", (name) => {
    for (const value of ["", "0", "-1", "1.5", "10s", "NaN", "Infinity"]) {
      expect(() => read({ [name]: value })).toThrow(new Error(`${name} is not a number of milliseconds`));
    }
  });

  test.each([
    ["SUPABASE_SECRET_KEYS", '{"default": ["s3cret-value"]}'],
    ["SUPABASE_SECRET_KEYS", '{"other": "s3cret-value"}'],
    ["BYOK_PLATFORM_KEYS", "s3cret-value"],
    ["BYOK_PLATFORM_KEYS", '{"openai": "s3cret-value é"}'],
    ["BYOK_PROVIDER_ORIGINS", '{"openai": "http://s3cret-value"}'],
    ["BYOK_CHECK_TIMEOUT_MS", "s3cret-value"],
    ["BYOK_CALL_TIMEOUT_MS", "s3cret-value"],
    ["BYOK_STALL_TIMEOUT_MS", "s3cret-value"],
  ])("names %s and never shows its value", (name, value) => {
    expect(() => read({ [name]: value })).toThrow(name);
    expect(() => read({ [name]: value })).not.toThrow("s3cret-value");
  });
});
