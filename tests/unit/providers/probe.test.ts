import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { providerIds, providers } from "../../../functions/_shared/providers/index.ts";
import {
  chatModels,
  generationProbe,
  listingProbe,
  provesKeys,
  responsesProbe,
} from "../../../functions/_shared/providers/probe.ts";
import type { Probe } from "../../../functions/_shared/providers/types.ts";

describe.each(providerIds)("the requests of a check of %s", (id) => {
  const provider = providers[id];
  const expectValid = (probe: Probe) => {
    const url = new URL(`${provider.api.origin}${probe.path}`);
    expect(url.origin).toBe(provider.api.origin);
    expect(provider.api.prefixes.some((prefix) => url.pathname.startsWith(prefix))).toBe(true);
    expect(`${url.pathname}${url.search}`).toBe(probe.path);
  };

  test("list models by a GET, where there is a list", () => {
    const probe = listingProbe(provider);
    expect(probe?.path).toBe(provider.check.listing);
    if (probe) expectValid(probe);
    expect(probe?.body).toBeUndefined();
  });

  test.each(["a-model", "models/a-model", "vendor/a-model", "ft:gpt:acme::1"])(
    "generate one token with the model %s",
    (model) => {
      const probe = generationProbe(provider, model);
      expectValid(probe);
      expect(JSON.stringify(probe.body)).toMatch(/"(max_tokens|max_completion_tokens|maxOutputTokens)":1[,}]/);
      const name = model.replace(/^models\//, "");
      expect(decodeURIComponent(probe.path) + JSON.stringify(probe.body)).toContain(name);
    },
  );

  test("are for a path of the provider's, whatever a listing holds", () => {
    const names = fc.oneof(
      fc.string(),
      fc.string().map((rest) => `models/${rest}`),
    );
    const rows = fc.oneof(
      fc.jsonValue(),
      fc.record({ id: fc.oneof(names, fc.jsonValue()) }),
      fc.record({
        name: names,
        supportedGenerationMethods: fc.oneof(fc.jsonValue(), fc.constant(["generateContent"])),
      }),
    );
    const listings = fc.oneof(
      fc.jsonValue(),
      fc.record({ data: fc.array(rows) }),
      fc.record({ models: fc.array(rows) }),
      fc.constant(undefined),
    );
    fc.assert(
      fc.property(listings, (listing) => {
        for (const model of chatModels(provider, listing)) {
          const path = new URL(`${provider.api.origin}${generationProbe(provider, model).path}`).pathname;
          expect(provider.api.prefixes.some((prefix) => path.startsWith(prefix))).toBe(true);
        }
      }),
    );
  });

  test("ask no model whose name is longer than any", () => {
    expect(chatModels(provider, { data: [{ id: "m".repeat(257) }, { id: "m".repeat(256) }] })).toHaveLength(1);
  });
});

test("a check asks the Responses endpoint for as little as it lets one ask, and has it store nothing", () => {
  expect(responsesProbe(providers.openai, "gpt-pro")).toEqual({
    path: "/v1/responses",
    body: { model: "gpt-pro", input: "Hi", max_output_tokens: 16, store: false },
  });
  expect(responsesProbe(providers.anthropic, "claude")).toBeUndefined();
});

describe("provesKeys()", () => {
  test.each(providerIds)("of %s is true of what generates, in each form, and of the list", (id) => {
    const { api, check } = providers[id];
    const { base, paths = [] } = api.compatible ?? {};
    const asked = [generationProbe(providers[id], "a-model").path, ...paths.map((path) => `${base}${path}`)];
    if (check.listing) asked.push(new URL(check.listing, api.origin.replace("{place}", "x")).pathname);
    expect(asked.filter((path) => !provesKeys(providers[id], path))).toEqual([]);
  });

  test.each([
    ["anthropic", "/v1/organizations/users"],
    ["openai", "/v1/organization/projects"],
    ["google", "/v1beta/corpora"],
    ["google", "/v1beta/tunedModels/mine:generateContent"],
    ["openrouter", "/api/v1/keys"],
  ] as const)("is false of what wants another key: %s, %s", (id, path) => {
    expect(provesKeys(providers[id], path)).toBe(false);
  });
});
