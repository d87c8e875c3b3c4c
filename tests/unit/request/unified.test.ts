import { describe, expect, test } from "vitest";
import { providerIds, providers } from "../../../functions/_shared/providers/index.ts";
import { addressOf, isWithinApi, providerOf } from "../../../functions/_shared/request/route.ts";
import {
  pathBelowUnified,
  providerAt,
  requireUnified,
  routeByPrefix,
} from "../../../functions/_shared/request/unified.ts";

const url = (path: string) => new URL(`https://project.supabase.test/functions/v1/byok/call${path}`);

describe("pathBelowUnified()", () => {
  test.each([
    ["/v1/chat/completions", "/chat/completions"],
    ["/v1/models", "/models"],
    ["/v1", ""],
    ["/v1/", "/"],
    ["/v1/v1/models", "/v1/models"],
  ])("finds the path of %s", (path, found) => {
    expect(pathBelowUnified(url(path))).toBe(found);
    expect(pathBelowUnified(new URL(`http://localhost/call${path}`))).toBe(found);
  });

  test.each(["/openai/v1/models", "/v10/models", "", "/v1beta/models"])("finds none in %s", (path) => {
    expect(pathBelowUnified(url(path))).toBeNull();
    expect(pathBelowUnified(null)).toBeNull();
  });

  test("no provider has the name that stands for all of them", () => {
    expect(providerOf(url("/v1/models"))).toBeNull();
    expect(providerIds).not.toContain("v1");
  });
});

describe("requireUnified()", () => {
  test.each([
    ["/chat/completions", "POST"],
    ["/responses", "POST"],
    ["/embeddings", "POST"],
    ["/models", "GET"],
  ])("lets %s pass by %s alone", (path, method) => {
    expect(requireUnified(path, method)).toBe(path);
    for (const other of ["GET", "POST", "PUT", "DELETE"].filter((name) => name !== method)) {
      expect(() => requireUnified(path, other)).toThrow(expect.objectContaining({ code: "method_not_allowed" }));
    }
  });

  test.each(["", "/", "/audio/speech", "/files", "/chat/completions/", "/toString", "/models/openai%2Fgpt"])(
    "refuses %s",
    (path) => {
      expect(() => requireUnified(path, "POST")).toThrow(expect.objectContaining({ code: "unknown_path" }));
    },
  );
});

describe("routeByPrefix()", () => {
  const served = providerIds.flatMap(
    (id) => providers[id].api.compatible?.paths.map((path) => [id, path] as const) ?? [],
  );

  test.each(served)("leads %s %s into that provider's own API", (id, path) => {
    const route = routeByPrefix(id, path, url(`/v1${path}?key=token&forceFunctionRegion=eu-west-1`));
    expect(route).toEqual({
      provider: id,
      path: `${providers[id].api.compatible?.base}${path}`,
      search: "",
      isUnified: true,
      mount: "/byok",
    });
    expect(isWithinApi(providers[id], route.path)).toBe(true);
    const { origin } = providers[id].api;
    expect(new URL(addressOf(route, origin)).origin).toBe(origin);
  });

  test("keeps the rest of the query", () => {
    expect(routeByPrefix("openai", "/responses", url("/v1/responses?key=x&a=1")).search).toBe("?a=1");
  });

  test.each(["", "OpenAI", "gpt-5", "openai ", "__proto__", "constructor", "v1"])("knows no provider %j", (prefix) => {
    expect(() => routeByPrefix(prefix, "/chat/completions", url("/v1/chat/completions"))).toThrow(
      expect.objectContaining({ code: "unknown_provider", details: { field: "model" } }),
    );
  });

  test("says which provider has no such endpoint", () => {
    expect(() => routeByPrefix("anthropic", "/responses", url("/v1/responses"))).toThrow(
      expect.objectContaining({
        code: "unknown_path",
        message: expect.stringContaining("Anthropic has no /responses"),
      }),
    );
  });
});

describe("providerAt()", () => {
  test.each(["anthropic", "google"] as const)("takes the key of %s where its endpoints in OpenAI's form do", (id) => {
    const met = providerAt({ provider: id, isUnified: true }, providers);
    expect(met.api.authentication).toEqual({ header: "authorization", before: "Bearer " });
    expect(providerAt({ provider: id, isUnified: true }, providers)).toBe(met);
    expect(providerAt({ provider: id }, providers)).toBe(providers[id]);
    expect(met.number).toBe(providers[id].number);
  });

  test("changes nothing of a provider whose own form is OpenAI's", () => {
    expect(providerAt({ provider: "mistral", isUnified: true }, providers)).toEqual(providers.mistral);
  });
});
