import { describe, expect, test } from "vitest";
import { isProviderId, type ProviderId, providers } from "../../../functions/_shared/providers/index.ts";
import { authenticate, unsupportedKeyReason } from "../../../functions/_shared/providers/keys.ts";

test.each<[ProviderId, Record<string, string>]>([
  ["openai", { authorization: "Bearer sk-key" }],
  ["anthropic", { "x-api-key": "sk-key" }],
  ["google", { "x-goog-api-key": "sk-key" }],
  ["groq", { authorization: "Bearer sk-key" }],
])("a key of %s authenticates by one header and nothing else", (id, headers) => {
  expect(authenticate(providers[id], "sk-key")).toEqual(headers);
});

describe("unsupportedKeyReason()", () => {
  test.each<[ProviderId, string]>([
    ["openai", "sk-admin-abc"],
    ["anthropic", "sk-ant-admin01-abc"],
    ["anthropic", "sk-ant-oat01-abc"],
  ])("says for %s why the key %s never works", (id, key) => {
    expect(unsupportedKeyReason(providers[id], key)).toMatch(/^This is .+\.$/);
    expect(unsupportedKeyReason(providers[id], key)).not.toContain(key);
  });

  test.each<[ProviderId, string[]]>([
    ["openai", ["sk-abc", "sk-proj-abc", "sk-svcacct-abc", "anything"]],
    ["anthropic", ["sk-ant-api03-abc", "anything"]],
    ["google", ["AIzaSyabc", "AQ.abc", "anything"]],
    ["groq", ["gsk_abc", "anything"]],
  ])("lets through what may work at %s, be its form unknown", (id, keys) => {
    for (const key of keys) expect(unsupportedKeyReason(providers[id], key)).toBeNull();
  });
});

describe("isProviderId()", () => {
  test("knows a provider of the catalogue", () => {
    expect(isProviderId("openai")).toBe(true);
  });

  test.each(["", "nobody", "OpenAI", "toString", "__proto__", 1, null, undefined, ["openai"]])(
    "knows nobody as %j",
    (id) => {
      expect(isProviderId(id)).toBe(false);
    },
  );
});
