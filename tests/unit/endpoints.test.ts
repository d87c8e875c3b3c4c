/** `BYOK_ENDPOINTS`: endpoints of the operator's own, as providers. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { parseEndpoints } from "../../functions/_shared/endpoints.ts";
import { endpointRows } from "../../functions/_shared/providers/endpoints.ts";

const house = {
  id: "house",
  number: 10_001,
  name: "House models",
  origin: "https://llm.example.com",
  keys_url: "https://llm.example.com/keys",
};
const read = (...endpoints: object[]) => parseEndpoints(JSON.stringify(endpoints));

afterEach(() => {
  vi.unstubAllEnvs();
  vi.resetModules();
});

describe("parseEndpoints()", () => {
  test("reads none where the setting is absent", () => {
    expect(parseEndpoints()).toEqual([]);
  });

  test("fills in what is not given", () => {
    const standard = { dialect: "openai", base: "/v1", authentication: "bearer", listing: "public" };
    expect(read(house)).toEqual([{ ...house, ...standard, models: [], key_prefix: "" }]);
  });

  test("takes http on this machine", () => {
    const origin = "http://127.0.0.1:8000";
    expect(read({ ...house, origin })).toMatchObject([{ origin }]);
  });

  test.each([
    "http://llm.example.com",
    "https://llm.example.com/",
    "https://llm.example.com/v1",
    "https://llm.example.com?x=1",
    "https://llm.example.com#x",
    "https://user:password@llm.example.com",
    "https://user@llm.example.com",
    "HTTPS://llm.example.com",
    "http://127.0.0.1.example.com",
    "ftp://llm.example.com",
    "file:///etc/passwd",
    "//llm.example.com",
    "llm.example.com",
    "https://",
    "",
    3,
    null,
  ])("refuses the origin %j", (origin) => {
    const rule = "origin is https://host, without path, query, fragment or credentials";
    expect(() => read({ ...house, origin })).toThrow(new Error(`BYOK_ENDPOINTS, endpoint 1: ${rule}`));
  });

  test.each<[string, unknown]>([
    ["id", "House"],
    ["id", "v1"],
    ["id", "../openai"],
    ["id", undefined],
    ["number", 9_999],
    ["number", 65_536],
    ["number", "10001"],
    ["name", ""],
    ["name", "<b>House</b>"],
    ["dialect", "cohere"],
    ["base", ""],
    ["base", "/"],
    ["base", "/v1/"],
    ["base", "/../v1"],
    ["base", "/v1%2f"],
    ["authentication", "cookie"],
    ["listing", "yes"],
    ["models", "gpt"],
    ["models", ["a b"]],
    ["keys_url", "javascript:alert(1)"],
    ["keys_url", "http://llm.example.com"],
    ["key_prefix", "sk house"],
  ])("refuses for %s the value %j, and does not repeat it", (name, value) => {
    const start = `BYOK_ENDPOINTS, endpoint 2: ${name} `;
    const refused = () => read(house, { ...house, id: "other", number: 10_002, [name]: value });
    expect(refused).toThrow(start);
    if (typeof value === "string" && value.length > 3) expect(refused).not.toThrow(value);
  });

  test.each(["nonsense", "{}", "null", '"text"'])("refuses %s", (json) => {
    expect(() => parseEndpoints(json)).toThrow(new Error("BYOK_ENDPOINTS is not a JSON list"));
  });

  test("refuses what is no endpoint, a field that is not known, and a check that has nothing to ask", () => {
    const at = "BYOK_ENDPOINTS, endpoint 1:";
    expect(() => parseEndpoints("[null]")).toThrow(new Error(`${at} it is not an object`));
    expect(() => read({ ...house, key: "sk-secret" })).toThrow(
      `${at} it has a field that is not known; there are id, `,
    );
    expect(() => read({ ...house, listing: "none" })).toThrow(new Error(`${at} without a list, models names some`));
    expect(() => read({ ...house, dialect: "anthropic", base: "/v2" })).toThrow(new Error(`${at} base ends in /v1`));
  });

  test("refuses the id of a provider, and an id or number that another endpoint has", () => {
    expect(() => read({ ...house, id: "openai" })).toThrow("its id is a provider's of the catalogue");
    expect(() => read(house, { ...house, number: 10_002 })).toThrow(new Error("BYOK_ENDPOINTS has the same id twice"));
    expect(() => read(house, { ...house, id: "other" })).toThrow(new Error("BYOK_ENDPOINTS has the same number twice"));
  });
});

describe("an endpoint's row", () => {
  const rowOf = (more: object) => endpointRows(read({ ...house, ...more })).house!;

  test.each([
    ["openai", "/v1", "/v1/chat/completions", "/v1/models"],
    ["openai", "/gateway/v1", "/gateway/v1/chat/completions", "/gateway/v1/models"],
    ["anthropic", "/v1", "/v1/messages", "/v1/models?limit=1000"],
    ["anthropic", "/claude/v1", "/claude/v1/messages", "/claude/v1/models?limit=1000"],
    ["google", "/v1beta", "/v1beta/models/{model}:generateContent", "/v1beta/models?pageSize=1000"],
  ])("has for the dialect %s below %s its paths", (dialect, base, generation, listing) => {
    const row = rowOf({ dialect, base, listing: "needs_key" });
    expect(row).toMatchObject({
      ...{ number: 10_001, name: "House models" },
      api: { dialect, origin: house.origin, prefixes: [`${base}/`], generation },
      check: { listing },
    });
    expect(row.check.isPublic).toBeUndefined();
  });

  test.each([
    ["bearer", "authorization", "Bearer "],
    ["api-key", "api-key", ""],
    ["x-api-key", "x-api-key", ""],
    ["x-goog-api-key", "x-goog-api-key", ""],
  ])("takes the key as %s", (authentication, header, before) => {
    for (const dialect of ["openai", "anthropic"]) {
      expect(rowOf({ dialect, authentication }).api.authentication).toEqual({ header, before });
    }
  });

  test("has a list that proves nothing, or none, where the setting says so", () => {
    expect(rowOf({}).check).toMatchObject({ listing: "/v1/models", isPublic: true });
    expect(rowOf({ listing: "none", models: ["llama"] }).check.listing).toBeUndefined();
  });
});

describe("the registry", () => {
  test("has endpoints beside the catalogue, with paths that stay within their API", async () => {
    vi.stubEnv("BYOK_ENDPOINTS", JSON.stringify([house]));
    vi.resetModules();
    const { isProviderId, providerIds } = await import("../../functions/_shared/providers/index.ts");
    const { addressOf, routeOf } = await import("../../functions/_shared/request/route.ts");
    expect([isProviderId("house"), providerIds.at(-1), providerIds[0]]).toEqual([true, "house", "openai"]);
    const at = (path: string) => routeOf(new URL(`https://project.supabase.test/functions/v1/call/house${path}`));
    expect(addressOf(at("/v1/chat/completions"), house.origin)).toBe("https://llm.example.com/v1/chat/completions");
    for (const path of ["", "/", "/admin", "/v1/%2e%2e%2fadmin", "/v1/@evil.test", "/v2/x"]) {
      expect(() => at(path), path).toThrow("The provider has no such path.");
    }
  });

  test("says for a call what the whole rows say", async () => {
    const dialects = ["openai", "anthropic", "google"].map((dialect, index) => {
      return { ...house, id: dialect.slice(0, 4), number: 10_001 + index, dialect };
    });
    vi.stubEnv("BYOK_ENDPOINTS", JSON.stringify(dialects));
    vi.resetModules();
    const { providers } = await import("../../functions/_shared/providers/index.ts");
    const { calledProviders } = await import("../../functions/_shared/providers/called.ts");
    expect(Object.keys(calledProviders)).toEqual(Object.keys(providers));
    expect(Object.keys(calledProviders)).toEqual(expect.arrayContaining(["bedrock", "anth"]));
    expect(providers).toMatchObject(calledProviders);
  });

  test("does not come up with a setting that is wrong", async () => {
    vi.stubEnv("BYOK_ENDPOINTS", JSON.stringify([{ ...house, origin: "http://10.0.0.1" }]));
    vi.resetModules();
    await expect(import("../../functions/_shared/providers/index.ts")).rejects.toThrow("BYOK_ENDPOINTS, endpoint 1");
  });
});
