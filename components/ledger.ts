/** The history of credits as users read it. */
import type { Entry, HistoryPage } from "../client/types.ts";

/**
 * A history together with one more page of it, either the newest or the one that follows. Entries are never rewritten, so what
 * was read stays true; where the newest page no longer meets what is known, it takes its place.
 */
export function joinPages(known: HistoryPage, page: HistoryPage): HistoryPage {
  const newest = known.entries[0];
  const oldest = known.entries.at(-1);
  const first = page.entries[0];
  if (!newest || !oldest) return page;
  if (!first) return { ...known, next: null };
  if (first.id < oldest.id) return { entries: [...known.entries, ...page.entries], next: page.next };
  const meeting = page.entries.findIndex(({ id }) => id === newest.id);
  return meeting === -1 ? page : { ...known, entries: [...page.entries.slice(0, meeting), ...known.entries] };
}

export interface Line {
  readonly title: string;
  readonly detail: string | null;
  /** The change of the balance, signed. */
  readonly amount: string;
  readonly tone: "good" | "neutral";
}

export function lineOf({ kind, credits, operation, reason }: Entry): Line {
  const title = operation ? nameOf(operation) : "Credits";
  switch (kind) {
    case "grant":
      return { title: "Credits added", detail: reason, amount: `+${inDigits(credits)}`, tone: "good" };
    case "revoke":
      return { title: "Credits taken back", detail: reason, amount: `\u2212${inDigits(credits)}`, tone: "neutral" };
    case "charge":
      return { title, detail: null, amount: `\u2212${inDigits(credits)}`, tone: "neutral" };
    case "refund":
      return { title, detail: refundInWords(reason), amount: `+${inDigits(credits)}`, tone: "good" };
  }
}

function refundInWords(reason: string | null): string {
  return reason === "unused" ? "refunded, used less" : "refunded, call not completed";
}

/** `single_doc_regen` -> `Single doc regen` */
export function nameOf(operation: string): string {
  const words = operation.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const digits = new Intl.NumberFormat("en", { maximumFractionDigits: 6 });

export function inDigits(credits: number): string {
  return digits.format(credits);
}

/** `1 credit`, `20 credits` */
export function creditsOf(credits: number): string {
  return `${inDigits(credits)} ${credits === 1 ? "credit" : "credits"}`;
}
