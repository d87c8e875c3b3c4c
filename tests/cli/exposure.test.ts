/** The operator's tools on prices: the arithmetic, the file of costs, and what providers list. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { exposureOf } from "../../cli/lib/credits/exposure.ts";
import type { Price } from "../../cli/lib/credits/prices.ts";
import { readProviderCosts } from "../../cli/lib/credits/provider-costs.ts";
import { servedModels } from "../../cli/lib/credits/served-models.ts";
import { tableOf } from "../../cli/lib/table.ts";
import { projectDir } from "../../stack/config.ts";

const flat: Price = {
  operation: "write",
  provider: "openai",
  model: "m",
  microcredits_per_call: 2_000_000,
  microcredits_per_1000_input_tokens: null,
  microcredits_per_1000_cached_input_tokens: null,
  microcredits_per_1000_cache_write_tokens: null,
  microcredits_per_1000_output_tokens: null,
  max_output_tokens: 10_000,
  max_input_bytes: 99_000,
};
const metered: Price = {
  ...flat,
  operation: "chat",
  microcredits_per_call: null,
  microcredits_per_1000_input_tokens: 1_000,
  microcredits_per_1000_cached_input_tokens: 100,
  microcredits_per_1000_cache_write_tokens: 1_000,
  microcredits_per_1000_output_tokens: 4_000,
};
const cost = { input_usd: 1, cached_input_usd: 0.1, output_usd: 4 };
const one = (price: Price, costs: object = { openai: { m: cost } }, credit_usd = 1) =>
  exposureOf([price], costs as never, credit_usd)[0]!;

describe("the exposure of a flat price", () => {
  test("is the dearest call, by the call and by the credit", () => {
    // 100,000 tokens in at 1 USD a million, 10,000 out at 4 USD.
    expect(one(flat)).toMatchObject({ kind: "flat", most_credits: 2 });
    expect(one(flat).worst_call_usd).toBeCloseTo(0.14, 10);
    expect(one(flat).worst_credit_usd).toBeCloseTo(0.07, 10);
  });

  test("counts input at what writing to the cache costs, where that is more", () => {
    expect(one(flat, { openai: { m: { ...cost, cache_write_usd: 1.25 } } }).worst_call_usd).toBeCloseTo(0.165, 10);
    expect(one(flat, { openai: { m: { ...cost, cached_input_usd: 3 } } }).worst_call_usd).toBeCloseTo(0.34, 10);
  });

  test.each([
    [0.08, false],
    [0.07, false],
    [0.06, true],
  ])("is below cost where a credit is sold for %d USD: %s", (credit_usd, isBelowCost) => {
    expect(one(flat, undefined, credit_usd).isBelowCost).toBe(isBelowCost);
  });
});

describe("the exposure of a metered price", () => {
  test("is a call that is all of the kind of token with the least margin", () => {
    // 1,000 tokens in cost 0.001 USD and 0.001 credits; all four kinds cost 1 USD a credit.
    expect(one(metered).worst_credit_usd).toBeCloseTo(1, 10);
    expect(one({ ...metered, microcredits_per_1000_cached_input_tokens: 50 }).worst_credit_usd).toBeCloseTo(2, 10);
    expect(one({ ...metered, microcredits_per_1000_output_tokens: 1_000 }).worst_credit_usd).toBeCloseTo(4, 10);
    const dearToWrite = { openai: { m: { ...cost, cache_write_usd: 1.25 } } };
    expect(one(metered, dearToWrite).worst_credit_usd).toBeCloseTo(1.25, 10);
    const pricedSo = { ...metered, microcredits_per_1000_cache_write_tokens: 1_250 };
    expect(one(pricedSo, dearToWrite).worst_credit_usd).toBeCloseTo(1, 10);
    // 100,000 tokens at 0.001 credits a thousand, or 0.00125, and 10,000 at 0.004.
    expect(one(metered).most_credits).toBe(0.14);
    expect(one(pricedSo).most_credits).toBe(0.165);
  });

  test("has no bound where a kind of token is sold for nothing, unless it costs nothing", () => {
    const free = { ...metered, microcredits_per_1000_cached_input_tokens: 0 };
    expect(one(free)).toMatchObject({ worst_credit_usd: null, isBelowCost: true });
    expect(one(free, { openai: { m: { ...cost, cached_input_usd: 0 } } })).toMatchObject({ isBelowCost: false });
  });
});

test("a pair without costs is neither below cost nor above it", () => {
  for (const costs of [{}, { openai: {} }, { groq: { m: cost } }]) {
    expect(one(flat, costs)).toMatchObject({ worst_call_usd: null, worst_credit_usd: null, isBelowCost: null });
  }
});

describe("the file of costs", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "byok-costs-"));
  const file = path.join(folder, "costs.toml");
  afterEach(() => rmSync(file, { force: true }));

  test("is the example's form", () => {
    const costs = readProviderCosts(path.join(projectDir, "cli/provider-costs.example.toml"));
    expect(costs.anthropic?.["claude-haiku-4-5"]).toEqual({
      input_usd: 1,
      cached_input_usd: 0.1,
      cache_write_usd: 1.25,
      output_usd: 5,
    });
  });

  test.each([
    ["[openai.m]\ninput_usd = 1", "openai > m > cached_input_usd"],
    ["[openai.m]\ninput_usd = -1\ncached_input_usd = 0\noutput_usd = 0", "openai > m > input_usd"],
    ["[openai.m]\ninput_usd = 1\ncached_input_usd = 0\noutput_usd = 0\noutput = 1", "openai > m"],
    ["openai = 5", "openai"],
    ["[openai", "is no TOML"],
  ])("is refused with its place: %j", (text, message) => {
    writeFileSync(file, text);
    expect(() => readProviderCosts(file)).toThrow(message);
  });

  test("is asked for where there is none", () => {
    expect(() => readProviderCosts(file)).toThrow("There is no file");
  });
});

describe("the models that providers serve", () => {
  const prices = ["gpt-a", "gpt-b", "claude-haiku-4-5"].flatMap((model) =>
    ["write", "chat"].map((operation) => ({ ...flat, model, operation })),
  );

  /** The outcome for these prices where every provider answers so. */
  async function asked(answer: { status?: number; body: string }, platformKeys: Record<string, string>) {
    const requests: { url: string | undefined; authorization: string | undefined }[] = [];
    const server = createServer(({ url, headers: { authorization } }, response) => {
      requests.push({ url, authorization });
      response
        .writeHead(url === "/elsewhere" ? 200 : (answer.status ?? 200), { location: "/elsewhere" })
        .end(answer.body);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const origins = { openai: `http://127.0.0.1:${port}` };
    const keys = Object.entries(platformKeys).map(([id, apiKey]) => [id, { apiKey, place: null }] as const);
    const asking = { platformKeys: Object.fromEntries(keys), origins, timeout_ms: 5_000 };
    const found = await servedModels(prices, asking);
    await new Promise((resolve) => server.close(resolve));
    return { requests, found };
  }
  const list = (...ids: string[]) => JSON.stringify({ data: ids.map((id) => ({ id })) });

  test("are found in the list that the platform's key sees, dated ones by their alias too", async () => {
    const { requests, found } = await asked(
      { body: list("gpt-a", "gpt-b-mini", "claude-haiku-4-5-20251001") },
      { openai: "sk-1" },
    );
    expect(requests).toEqual([{ url: "/v1/models", authorization: "Bearer sk-1" }]);
    const operations = ["chat", "write"];
    expect(found).toEqual([
      { provider: "openai", model: "gpt-a", operations, status: "served" },
      { provider: "openai", model: "gpt-b", operations, status: "not_served" },
      { provider: "openai", model: "claude-haiku-4-5", operations, status: "served" },
    ]);
  });

  test("are read from Google's form of a list too", async () => {
    const { found } = await asked({ body: '{"models":[{"name":"models/gpt-a"},{"name":5}]}' }, { openai: "sk-1" });
    expect(found.map(({ status }) => status)).toEqual(["served", "not_served", "not_served"]);
  });

  test.each<[string, { status?: number; body: string }, Record<string, string>]>([
    ["there is no key", { body: list("gpt-a") }, { groq: "sk-1" }],
    ["the key is refused", { status: 401, body: list("gpt-a") }, { openai: "sk-1" }],
    ["the answer leads elsewhere", { status: 302, body: list("gpt-a") }, { openai: "sk-1" }],
    ["the answer is no list", { body: "{}" }, { openai: "sk-1" }],
    ["the answer is no JSON", { body: "<html>" }, { openai: "sk-1" }],
  ])("are unknown where %s", async (_, answer, keys) => {
    const { found } = await asked(answer, keys);
    expect(new Set(found.map(({ status }) => status))).toEqual(new Set(["unknown"]));
  });
});

test("a table has its numbers to the right", () => {
  expect(
    tableOf(
      ["name", "credits"],
      [
        ["a", "1.5"],
        ["longer", "-"],
      ],
    ),
  ).toBe(["name    credits", "a           1.5", "longer        -"].join("\n"));
});

test("the example of costs names its sources", () => {
  expect(readFileSync(path.join(projectDir, "cli/provider-costs.example.toml"), "utf8")).toContain("https://");
});
