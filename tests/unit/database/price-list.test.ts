import { afterEach, expect, test, vi } from "vitest";
import { createPriceList } from "../../../functions/_shared/database/price-list.ts";
import type { Price } from "../../../functions/_shared/database/types.ts";
import { ByokError } from "../../../functions/_shared/errors.ts";

afterEach(() => void vi.useRealTimers());

function price(operation: string, provider: string, model: string): Price {
  return { operation, provider, model, isMetered: false, maxOutputTokens: 1, max_input_bytes: 1 };
}

const prices = [price("build", "openai", "a"), price("build", "openai", "b"), price("build", "groq", "c")];

test("pricesOf() has the prices of an operation from one provider, by model", async () => {
  const list = createPriceList({ listPrices: async () => prices });
  expect([...(await list.pricesOf("build", "openai")).keys()]).toEqual(["a", "b"]);
  expect((await list.pricesOf("build", "groq")).get("c")).toBe(prices[2]);
  expect((await list.pricesOf("build", "anthropic")).size).toBe(0);
});

test("pricesOf() refuses an operation that does not exist", () =>
  expect(createPriceList({ listPrices: async () => prices }).pricesOf("demolish", "openai")).rejects.toMatchObject({
    code: "invalid_request",
    message: expect.stringContaining("x-byok-operation"),
    details: { field: "x-byok-operation" },
  }));

test("the list is read once a minute, by all who ask", async () => {
  vi.useFakeTimers();
  const listPrices = vi.fn(async () => prices);
  const list = createPriceList({ listPrices });
  await Promise.all([list.pricesOf("build", "openai"), list.pricesOf("build", "groq")]);
  await vi.advanceTimersByTimeAsync(59_999);
  await list.pricesOf("build", "openai");
  expect(listPrices).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(1);
  await list.pricesOf("build", "openai");
  expect(listPrices).toHaveBeenCalledTimes(2);
});

test("an operation that is not in the list is looked for again, once a second at most", async () => {
  vi.useFakeTimers();
  const listPrices = vi.fn(async () => prices);
  const list = createPriceList({ listPrices });
  await list.pricesOf("build", "openai");
  await expect(list.pricesOf("demolish", "openai")).rejects.toMatchObject({ code: "invalid_request" });
  await vi.advanceTimersByTimeAsync(999);
  await expect(list.pricesOf("demolish", "openai")).rejects.toMatchObject({ code: "invalid_request" });
  expect(listPrices).toHaveBeenCalledTimes(1);
  listPrices.mockResolvedValue([...prices, price("demolish", "openai", "a")]);
  await vi.advanceTimersByTimeAsync(1);
  expect([...(await list.pricesOf("demolish", "openai")).keys()]).toEqual(["a"]);
  expect(listPrices).toHaveBeenCalledTimes(2);
});

test("a list that could not be read is not remembered", async () => {
  const listPrices = vi.fn(async () => prices).mockRejectedValueOnce(new ByokError("database_unavailable"));
  const list = createPriceList({ listPrices });
  await expect(list.pricesOf("build", "openai")).rejects.toMatchObject({ code: "database_unavailable" });
  expect((await list.pricesOf("build", "openai")).size).toBe(2);
});
