/** Logic of the components without a browser. */
import { afterEach, expect, test, vi } from "vitest";
import { joinPages, lineOf, nameOf } from "../../components/ledger.ts";
import { explain } from "../../components/messages.ts";
import { looksLike, monogramOf } from "../../components/providers.ts";
import { listProviders } from "../../functions/_shared/providers/list.ts";
import { providerIds } from "../../functions/_shared/providers/index.ts";
import type { Entry, HistoryPage } from "../../client/types.ts";
import { fakeKey } from "../../stack/providers/index.ts";

const providers = listProviders({ offered: providerIds, platformKeys: {}, providerOrigins: {} });

function entry(id: number): Entry {
  return {
    id,
    kind: "grant",
    credits: 1,
    operation: null,
    provider: null,
    model: null,
    reason: null,
    created_at: "2026-11-23T10:00:00Z",
  };
}

/** Entries from one id down to another, and what follows them. */
function page(from: number, to: number, next: number | null = to): HistoryPage {
  return { entries: Array.from({ length: from - to + 1 }, (_, index) => entry(from - index)), next };
}

test("joinPages() puts the page that follows at the end", () => {
  expect(joinPages(page(30, 21), page(20, 11))).toEqual(page(30, 11));
  expect(joinPages(page(30, 21), page(20, 18, null))).toEqual(page(30, 18, null));
});

test("joinPages() puts what is new in the newest page at the beginning", () => {
  expect(joinPages(page(30, 11), page(32, 23))).toEqual(page(32, 11));
  expect(joinPages(page(30, 11), page(30, 21))).toEqual(page(30, 11));
});

test("joinPages() starts over if the newest page no longer meets the known ones", () => {
  expect(joinPages(page(30, 11), page(50, 41))).toEqual(page(50, 41));
});

test("joinPages() takes the first page of an account that had no history", () => {
  expect(joinPages({ entries: [], next: null }, page(3, 1, null))).toEqual(page(3, 1, null));
  expect(joinPages(page(30, 21), { entries: [], next: null })).toEqual(page(30, 21, null));
});

test("lineOf() tells what an entry did to the balance", () => {
  const call = { ...entry(1), credits: 1_000, operation: "doc_generation" };
  expect(lineOf({ ...entry(1), credits: 1_000, reason: "invoice 42" })).toMatchObject({
    title: "Credits added",
    detail: "invoice 42",
    amount: "+1,000",
  });
  expect(lineOf({ ...call, kind: "charge" })).toMatchObject({ title: "Doc generation", amount: "\u22121,000" });
  expect(lineOf({ ...call, kind: "refund", reason: "unused", credits: 0.25 })).toMatchObject({
    title: "Doc generation",
    detail: "refunded, used less",
    amount: "+0.25",
  });
  expect(lineOf({ ...call, kind: "refund", reason: "broken_off" }).detail).toBe("refunded, call not completed");
  expect(lineOf({ ...entry(1), kind: "revoke", reason: "chargeback" })).toMatchObject({
    title: "Credits taken back",
    detail: "chargeback",
    amount: "\u22121",
  });
});

test("nameOf() makes words of any operation's name", () => {
  expect(nameOf("single_doc_regen")).toBe("Single doc regen");
  expect(nameOf("chat")).toBe("Chat");
});

test("looksLike() tells the provider by the longest prefix, and does not guess", () => {
  const of = (text: string) => looksLike(text, providers)?.id;
  for (const { id } of providers.filter(({ key_prefixes }) => key_prefixes.length > 0)) {
    expect(of(fakeKey(id, "works"))).toBe(id);
  }
  expect(of("sk-ant-api03-x")).toBe("anthropic");
  expect(of("sk-or-v1-x")).toBe("openrouter");
  expect(of("AQ.x")).toBe("google");
  for (const text of ["", "s", "SK-proj-x", "nobody-x"]) expect(of(text)).toBeUndefined();
});

test("monogramOf() takes two letters of a name, which differ between the providers", () => {
  expect(["OpenRouter", "Together AI", "Groq", "xAI", "Z.ai"].map(monogramOf)).toEqual(["OR", "TA", "GR", "XA", "ZA"]);
});

afterEach(() => void vi.useRealTimers());

test("explain() says when to try again: to the second when it is soon, with the day when it is not today", () => {
  const said = (retry_after_s: number) => explain({ code: "too_many_attempts", message: "", retry_after_s }, "OpenAI");
  const at = (then: string) => `Too many attempts: try again after ${then}.`;
  vi.useFakeTimers({ now: new Date(2026, 10, 23, 22, 30, 10, 400) });
  const soon = new Date(2026, 10, 23, 22, 31, 40);
  expect(said(90)).toBe(at(soon.toLocaleTimeString(undefined, { timeStyle: "medium" })));
  const later = new Date(2026, 10, 23, 23, 50);
  expect(said(4_790)).toBe(at(later.toLocaleTimeString(undefined, { timeStyle: "short" })));
  const midnight = new Date(2026, 10, 24).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
  expect(said(5_390)).toBe(at(midnight));
  vi.setSystemTime(new Date(2026, 10, 23, 23, 59, 10, 400));
  expect(said(50)).toBe(at(midnight));
});
