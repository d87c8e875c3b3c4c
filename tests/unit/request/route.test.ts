import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { providerIds, providers } from "../../../functions/_shared/providers/index.ts";
import * as routing from "../../../functions/_shared/request/route.ts";
import { anyText } from "../../harness/drawing/any-text.ts";

// Thousands of cases each, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 });

const base = "https://project.supabase.test/functions/v1/byok";

function routeFor(path: string): routing.Route {
  return routeOf(`${base}/call/${path}`);
}

const { addressOf } = routing;
const routeOf = (url: string) => routing.routeOf(URL.parse(url));
const providerOf = (url: string) => routing.providerOf(URL.parse(url));

describe("routeOf()", () => {
  test.each([
    ["openai", "/v1/chat/completions"],
    ["openai", "/v1/files/file-abc_123/content"],
    ["openai", "/v1/fine_tuning/jobs/ftjob-1/events"],
    ["openai", "/v1/models/ft:gpt-4o-mini:acme::id"],
    ["anthropic", "/v1/messages"],
    ["google", "/v1beta/models/gemini-2.5-flash:streamGenerateContent"],
    ["google", "/v1/models"],
    ["groq", "/openai/v1/audio/transcriptions"],
    ["openai", "/v1/files/a%20name%C3%A9"],
  ] as const)("routes %s %s", (provider, path) => {
    expect(routeFor(`${provider}${path}`)).toEqual({ provider, mount: "/byok", path, search: "" });
  });

  test("takes the path with and without the gateway's prefix, which the runtime may have cut off", () => {
    const route = { provider: "groq", mount: "/byok", path: "/openai/v1/models", search: "?a=1" };
    expect(routeOf("http://localhost/byok/call/groq/openai/v1/models?a=1")).toEqual(route);
    expect(routeOf("http://localhost/functions/v1/byok/call/groq/openai/v1/models?a=1")).toEqual(route);
  });

  test("takes the path within a function of any name, and of call as a function of its own", () => {
    const mountOf = (path: string) => routeOf(`http://localhost${path}/call/groq/openai/v1/models`).mount;
    expect(["", "/functions/v1", "/keys", "/functions/v1/keys"].map(mountOf)).toEqual(["", "", "/keys", "/keys"]);
  });

  test("finds no provider deeper in a path", () => {
    for (const path of ["/call", "/a/b", "/functions/v1/a/b", "/call/openai"]) {
      expect(providerOf(`http://localhost${path}/call/groq/openai/v1/models`)).not.toBe("groq");
    }
  });

  test("leaves a path that repeats the route's own words as it is", () => {
    expect(routeFor("openai/v1/call/openai/v1/x").path).toBe("/v1/call/openai/v1/x");
  });

  test.each([
    "openai/",
    "openai",
    "openai/v1",
    "openai/v2/models",
    "openai/admin",
    "openai/v10/models",
    "groq/v1/models",
    "anthropic/v1beta/messages",
    "google/v1beta2/models",
    "google/%76%31/models",
  ])("refuses %s, which is outside the provider's API", (path) => {
    expect(() => routeFor(path)).toThrow(
      expect.objectContaining({ code: "unknown_path", message: "The provider has no such path." }),
    );
  });

  test.each([
    "openai/v1//models",
    "openai/v1/a//evil.test",
    "openai/v1/%2e%2e%2fadmin",
    "openai/v1/a%2Fb",
    "openai/v1/a%5Cb",
    "openai/v1/a%5cb",
    "openai/v1/a%2Eb",
    "openai/v1/@evil.test",
    "openai/v1/a%40b",
    "openai/v1/%252e%252e/admin",
    "openai/v1/a%00b",
    "openai/v1/a%0d%0ab",
    "openai/v1/a%1Fb",
    "openai/v1/a%7Fb",
    "openai/v1/a%b",
    "openai/v1/a%zz",
    "openai/v1/a%",
  ])("refuses %s, which another decoder might read as another path", (path) => {
    expect(() => routeFor(path)).toThrow(
      expect.objectContaining({ code: "unknown_path", message: "The provider has no such path." }),
    );
  });

  test.each([
    "openai/v1/../admin",
    "openai/v1/%2e%2e/admin",
    "openai/v1/.%2E/admin",
    "openai/v1\\..\\admin",
    "openai/../../save",
    "openai/v1/x/../../admin",
  ])("never lets %s climb out", (path) => {
    expect(() => routeFor(path)).toThrow(expect.objectContaining({ status: 404 }));
  });

  test.each([
    "nobody/v1/models",
    "",
    "OpenAI/v1/models",
    "__proto__/v1/x",
    "toString/v1/x",
    "%6fpenai/v1/models",
    "openai%2fv1/models",
  ])("refuses %j, which names no provider", (path) => {
    expect(() => routeFor(path)).toThrow(expect.objectContaining({ code: "unknown_provider" }));
  });

  test.each([
    ["groq", "/openai/v1/models/openai%2Fgpt-oss-20b"],
    ["groq", "/openai/v1/models/meta-llama%2fllama-prompt-guard-2-86m"],
    ["openai", "/v1/models/a%2Fb.c%2Fd:free"],
    [
      "bedrock",
      "/model/arn:aws:bedrock:us-east-1:000000000000:inference-profile%2Fus.anthropic.claude-haiku-4-5-20251001-v1:0/converse",
    ],
    ["google", "/v1beta/models/tuned%2Fmine:generateContent"],
    ["google", "/v1beta/models/tuned%2Fmine/operations/1"],
  ] as const)("routes %s %s, whose model's name has encoded slashes", (provider, path) => {
    expect(routeFor(`${provider}${path}`)).toEqual({ provider, mount: "/byok", path, search: "" });
  });

  test.each([
    "openai/v1/models/a%2F",
    "openai/v1/models/%2Fa",
    "openai/v1/models/a%2F%2Fb",
    "openai/v1/models/a%2F..%2Fb",
    "openai/v1/models/..%2Fa",
    "openai/v1/models/a%2F.%2Fb",
    "openai/v1/models/a%2F%2e%2e",
    "openai/v1/models/a%2Fb%5C",
    "openai/v1/models/a%2F@b",
    "openai/v1/models/a%252Fb",
    "openai/v1/files/a%2Fb",
    "openai/v1%2Fmodels/a%2Fb",
    "openai%2Fv1/models/a%2Fb",
  ])("refuses the encoded slash in %s, which is in no model's name", (path) => {
    expect(() => routeFor(path)).toThrow(expect.objectContaining({ status: 404 }));
  });

  test.each(["/v1alpha/auth_tokens", "/upload/v1beta/files", "/download/v1beta/files/1:download", "/v1beta/files/1"])(
    "routes google %s",
    (path) => {
      expect(routeFor(`google${path}`).path).toBe(path);
    },
  );

  test.each(["google/upload/files", "google/download/v2/files", "google/v1alpha", "openai/upload/v1/files"])(
    "refuses %s, where there is no API",
    (path) => {
      expect(() => routeFor(path)).toThrow(expect.objectContaining({ code: "unknown_path" }));
    },
  );

  test.each([
    ["?forceFunctionRegion=eu-west-1", ""],
    ["?alt=sse&forceFunctionRegion=eu-west-1", "?alt=sse"],
    ["?forceFunctionRegion=eu-west-1&alt=sse&key=s3cret", "?alt=sse"],
    ["?forcefunctionregion=mine", "?forcefunctionregion=mine"],
  ])("leaves the platform's own part of %s behind", (query, search) => {
    expect(routeFor(`google/v1beta/models/a:streamGenerateContent${query}`).search).toBe(search);
  });

  test("keeps the query as it was sent", () => {
    expect(routeFor("google/v1beta/models?alt=sse&pageSize=5&q=a%20b+c").search).toBe("?alt=sse&pageSize=5&q=a%20b+c");
  });

  test.each(["?key=s3cret", "?key=s3cret&key=s3cret", "?%6bey=s3cret", "?key=s3cret#x"])(
    "takes the caller's token out of %s",
    (query) => {
      expect(routeFor(`google/v1beta/models${query}`).search).toBe("");
    },
  );

  test("keeps the rest of a query that held the caller's token", () => {
    expect(routeFor("google/v1beta/models?alt=sse&key=s3cret&monkey=2").search).toBe("?alt=sse&monkey=2");
  });
});

describe("providerOf()", () => {
  test.each(providerIds)("names %s whatever else is wrong with the URL", (provider) => {
    for (const rest of ["", "/", "/nonsense", "/v1//x", "/upload/x"]) {
      expect(providerOf(`${base}/call/${provider}${rest}`)).toBe(provider);
    }
  });

  test.each([
    "/call",
    "/call/",
    "/call/openaix/v1",
    "/save/openai/v1",
    "/other/save/openai/v1",
    "/any/other/call/openai/v1",
    "/functions/v2/call/openai/v1",
  ])("is null for %s", (path) => {
    expect(providerOf(`http://localhost${path}`)).toBeNull();
  });
});

test.each(["http://[", "http://a b", "http://a:99999", "http://%"])(
  "a Host that makes %s of a URL names no provider",
  (origin) => {
    expect(providerOf(`${origin}/call/openai/v1/models`)).toBeNull();
    expect(() => routeOf(`${origin}/call/openai/v1/models`)).toThrow(
      expect.objectContaining({ code: "unknown_provider" }),
    );
  },
);

describe("addressOf()", () => {
  test("is the provider's own address", () => {
    const route: routing.Route = { provider: "openai", mount: "/byok", path: "/v1/models", search: "?limit=1" };
    expect(addressOf(route, "https://api.openai.com")).toBe("https://api.openai.com/v1/models?limit=1");
  });

  test("never leaves the provider's API, whatever a client asks for", () => {
    const anything = fc.oneof(
      fc.webPath(),
      anyText(),
      fc
        .array(
          fc.constantFrom(
            "..",
            ".",
            "%2e",
            "/",
            "//",
            "\\",
            "@",
            ":",
            "evil.test",
            "%2f",
            "/models/",
            "a%2Fb",
            "%5c",
            "?",
            "#",
            "v1",
            "%00",
            ";",
            "\t",
          ),
        )
        .map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(fc.constantFrom(...providerIds), anything, (provider, rest) => {
        const { origin, prefixes } = providers[provider].api;
        let address: URL;
        try {
          address = new URL(addressOf(routeOf(`${base}/call/${provider}${prefixes[0]}${rest}`), origin));
        } catch (error) {
          expect(error).toMatchObject({ status: 404 });
          return;
        }
        const reached = providerIds.filter((id) => providers[id].api.origin === address.origin);
        expect(reached).toHaveLength(1);
        expect(
          providers[reached[0] ?? provider].api.prefixes.some((prefix) => address.pathname.startsWith(prefix)),
        ).toBe(true);
        const decoded = decodePath(address.pathname);
        expect(decoded).not.toMatch(/\/\/|\\|@|\/\.\.?(?:\/|$)/);
        expect([...decoded].filter((character) => character < " " || character === "\u007f")).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    ["credentials before another host", "@evil.test/v1/models"],
    ["a longer host", ".evil.test/v1/models"],
    ["a port", ":8443/v1/models"],
    ["a climb", "/v1/../admin"],
    ["a question mark in the path", "/v1/models?x=1"],
  ])("refuses %s, should a route ever hold one", (_, path) => {
    const route: routing.Route = { provider: "openai", mount: "/byok", path, search: "" };
    expect(() => addressOf(route, "https://api.openai.com")).toThrow(expect.objectContaining({ code: "unknown_path" }));
  });
});

/** A path as a decoder reads it that takes every byte for a character. */
function decodePath(path: string): string {
  return path.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
