/** Logic of the components without a browser. */
import { afterEach, expect, test, vi } from "vitest";
import { joinPages, lineOf } from "../../components/credits/ledger.ts";
import { choose, firstRows, looksLike, withRights } from "../../components/keys/providers.ts";
import { stateOf } from "../../components/keys/states.ts";
import { listOf, relativeTo } from "../../components/parts/format.ts";
import { explain } from "../../components/parts/messages.ts";
import { monogramOf } from "../../components/parts/monogram.ts";
import { english } from "../../components/texts.ts";
import { listProviders } from "../../functions/_shared/providers/list.ts";
import { providerIds } from "../../functions/_shared/providers/index.ts";
import type { Credential, Entry, HistoryPage } from "../../client/types.ts";
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
  const operations = [{ name: "doc_generation", label: "Doc generation" }];
  const line = (of: Entry) => lineOf(english, of, operations);
  expect(line({ ...entry(1), credits: 1_000, reason: "invoice 42" })).toMatchObject({
    title: "Credits added",
    detail: "invoice 42",
    amount: "+1,000",
  });
  expect(line({ ...call, kind: "charge" })).toMatchObject({ title: "Doc generation", amount: "\u22121,000" });
  expect(line({ ...call, kind: "refund", reason: "unused", credits: 0.25 })).toMatchObject({
    title: "Doc generation",
    detail: "refund: used less than held",
    amount: "+0.25",
  });
  expect(line({ ...call, kind: "refund", reason: "broken_off" }).detail).toBe("refund: the call did not finish");
  expect(line({ ...entry(1), kind: "revoke", reason: "chargeback" })).toMatchObject({
    title: "Credits taken back",
    detail: "chargeback",
    amount: "\u22121",
  });
});

test("firstRows() shows all of few providers, and of many those with a key and four at least", () => {
  const rights = { mayBringKey: true, mayUseCredits: true, mayManageKeys: true, isMember: true };
  const known = choose(withRights(providers, rights, []), [], undefined);
  const keysFor = (...ids: string[]) => ids.map((provider) => ({ provider })) as unknown as Credential[];
  expect(firstRows(known, [])).toEqual(["openai", "anthropic", "google", "groq"]);
  expect(firstRows(known, keysFor("deepinfra", "groq"))).toEqual(["groq", "deepinfra", "openai", "anthropic"]);
  const teamKey = { team: "team", provider: "cohere", status: "verified", reason: null } as const;
  const inTeam = choose(withRights(providers, rights, [teamKey]), [], undefined);
  expect(firstRows(inTeam, keysFor("groq")), "a team's key counts too").toEqual([
    ...["groq", "cohere", "openai", "anthropic"],
  ]);
  const five = ["xai", "groq", "openai", "mistral", "cohere"];
  expect(firstRows(known, keysFor(...five))).toHaveLength(5);
  const few = choose(known, keysFor("groq"), five);
  expect(
    few.map(({ id }) => id),
    "in the order that was asked for",
  ).toEqual(five);
  expect(firstRows(few, keysFor("groq"))).toEqual(["groq", "xai", "openai", "mistral", "cohere"]);
});

test("a key that its user may not bring any more is not said to pay", () => {
  const rights = { mayBringKey: false, mayUseCredits: true, mayManageKeys: true, isMember: true };
  const [openai] = withRights(providers, rights, []);
  const state = stateOf(english, { status: "verified", reason: null, is_paused: false }, openai!);
  expect(state).toMatchObject({ label: "Not used", works: false });
});

test("listOf() names four, and counts the others", () => {
  expect(listOf(english, ["A", "B", "C", "D"])).toMatch(/^A, B, C,? and D$/);
  expect(listOf(english, ["A", "B", "C", "D", "E", "F"])).toMatch(/^A, B, C,? and 3 others$/);
});

test("relativeTo() says just now for a minute, and for a clock that is behind", () => {
  const now = new Date("2026-11-26T12:00:00Z");
  const said = (seconds: number) => relativeTo(english, new Date(now.getTime() - seconds * 1000), now);
  expect([-30, 0, 59].map(said)).toEqual(["just now", "just now", "just now"]);
  expect(said(60)).toMatch(/^1 min\.? ago$/);
  expect(said(86_400)).toBe("yesterday");
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

test("a browser whose locale is none reads the language of the texts", () => {
  vi.stubGlobal("navigator", { language: "en-US@posix" });
  expect(listOf(english, ["A", "B"])).toBe("A and B");
  vi.stubGlobal("navigator", { language: "en-GB" });
  expect(listOf(english, ["A", "B", "C"])).toBe("A, B and C");
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("explain() says when to try again: to the second when it is soon, with the day when it is not today", () => {
  const said = (retry_after_s: number) =>
    explain(english, { code: "too_many_attempts", message: "", retry_after_s }, "OpenAI");
  const at = (then: string) => `Too many attempts. Try again after ${then}.`;
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
