/** The catalogue is data: what an engine, a page or a file can rely on. */
import { describe, expect, test } from "vitest";
import { calledCatalogue } from "../../../catalogue/called.ts";
import { catalogue } from "../../../catalogue/index.ts";
import { reasons } from "../../../catalogue/reasons.ts";
import { sharedAnswers, sharedSources } from "../../../catalogue/shared-answers.ts";
import type { AnswerRow, Provider } from "../../../catalogue/types.ts";

const rows: [id: string, provider: Provider][] = Object.entries(catalogue);
const today = new Date().toISOString().slice(0, 10);

/** Every pattern of a row, which is a regular expression as text. */
function patternsOf({ code, type, reason, words }: AnswerRow): string[] {
  return [code, type, reason, words].filter((pattern) => pattern !== undefined);
}

test("survives a JSON round trip", () => {
  for (const data of [catalogue, calledCatalogue, reasons, sharedAnswers, sharedSources]) {
    expect(JSON.parse(JSON.stringify(data))).toEqual(data);
  }
});

test("gives no number and no origin twice, and numbers that fit into a byte", () => {
  const numbers = rows.map(([, { number }]) => number);
  expect(new Set(numbers).size).toBe(rows.length);
  for (const number of numbers) expect(Number.isInteger(number) && number >= 1 && number <= 255).toBe(true);
  expect(new Set(rows.map(([, { api }]) => api.origin)).size).toBe(rows.length);
});

test("keeps the numbers that stand in every envelope ever sealed", () => {
  expect(Object.fromEntries(rows.map(([id, { number }]) => [id, number]))).toEqual({
    openai: 1,
    anthropic: 2,
    google: 3,
    groq: 4,
    openrouter: 5,
    xai: 6,
    mistral: 7,
    deepseek: 8,
    together: 9,
    fireworks: 10,
    cerebras: 11,
    moonshot: 12,
    zai: 13,
    cohere: 14,
    nvidia: 15,
    huggingface: 16,
    deepinfra: 17,
    azure: 18,
    bedrock: 19,
    vertex: 20,
  });
});

test("has one sentence for each reason, which is no longer than 25 words", () => {
  for (const [reason, { sentence }] of Object.entries(reasons)) {
    expect(sentence, reason).toMatch(/^[A-Z{][^.?!]*\.$/);
    expect(sentence.split(/\s+/).length, reason).toBeLessThanOrEqual(25);
  }
});

test("uses every reason in some row, or the engine does", () => {
  const used = new Set(
    [...rows.flatMap(([, { answers }]) => answers), ...sharedAnswers].flatMap((row: AnswerRow) => row.because ?? []),
  );
  const byTheEngine = ["check_limited", "inconclusive", "kind_retired", "no_chat_model"];
  expect(Object.keys(reasons).filter((reason) => !used.has(reason as never) && !byTheEngine.includes(reason))).toEqual(
    [],
  );
});

describe.each(rows)("%s", (_, provider) => {
  const { api, keys, check, models, sources, answers } = provider;

  test("has an address that is https and a host, and prefixes that are no part of another word", () => {
    const origin = api.origin.replace("{place}", "place");
    expect(new URL(origin)).toMatchObject({ protocol: "https:", origin, pathname: "/" });
    for (const prefix of api.prefixes) expect(prefix).toMatch(/^\/([a-z0-9]+\/)+$/);
    const paths = [
      check.listing ?? api.generation,
      api.generation,
      api.stream ?? api.generation,
      api.responses ?? api.generation,
    ];
    for (const path of paths) expect(api.prefixes.some((prefix) => path.startsWith(prefix))).toBe(true);
  });

  test("is known by a name, and links to pages that begin with https", () => {
    expect(provider.name).toMatch(/^[A-Za-z]/);
    const links = [keys.keysUrl, keys.billingUrl ?? keys.keysUrl, models.url];
    for (const url of links) expect(url).toMatch(/^https:\/\//);
  });

  test("authenticates by one header, which its own headers leave alone", () => {
    expect(api.authentication.header).toMatch(/^[a-z-]+$/);
    expect(Object.keys(api.headers)).not.toContain(api.authentication.header);
  });

  test("has patterns that are regular expressions", () => {
    const patterns = [...answers.flatMap(patternsOf), ...check.cheapest, check.cannotChat, check.responsesOnly];
    for (const pattern of patterns) expect(() => new RegExp(pattern ?? "", "i")).not.toThrow();
  });

  test("names the source of every answer and of its models, and the day it was read", () => {
    for (const { source } of answers) expect(Object.keys(sources)).toContain(source);
    for (const name of Object.keys(sources))
      expect(
        answers.some(({ source }) => source === name),
        name,
      ).toBe(true);
    for (const { url, seen } of [models, ...Object.values(sources), ...(provider.documentation ?? [])]) {
      expect(url).toMatch(/^https:\/\//);
      expect(seen).toMatch(/^\d{4}-\d\d-\d\d$/);
      expect(seen <= today).toBe(true);
    }
  });

  test("says in each answer what to look for, and why beside every verdict that asks its user to act", () => {
    for (const row of answers) {
      expect(patternsOf(row).length > 0 || row.status !== undefined, JSON.stringify(row)).toBe(true);
      if (row.verdict === "no_credit" || row.verdict === "restricted") {
        expect(row.because, JSON.stringify(row)).toBeDefined();
      }
    }
  });

  test("names chat models to ask, and each model once", () => {
    expect(models.chat.length).toBeGreaterThanOrEqual(2);
    const all = [...models.chat, ...models.other];
    expect(new Set(all).size).toBe(all.length);
  });
});

test("names the sources of the shared answers", () => {
  for (const { source } of sharedAnswers) expect(Object.keys(sharedSources)).toContain(source);
});
