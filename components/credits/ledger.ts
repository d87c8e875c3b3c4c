/** The history of credits as users read it. */
import type { Entry, HistoryPage, Operation } from "../../client/types.ts";
import { inDigits } from "../parts/format.ts";
import type { Texts } from "../texts.ts";

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

/** @param operations for their labels */
export function lineOf(texts: Texts, entry: Entry, operations: readonly Pick<Operation, "name" | "label">[]): Line {
  const { kind, credits, operation, reason } = entry;
  const { history } = texts;
  // An operation that the operator has removed since keeps its name.
  const label = operations.find(({ name }) => name === operation)?.label ?? operation;
  const title = label ?? history.call;
  const digits = inDigits(texts, credits);
  switch (kind) {
    case "grant":
      return { title: history.granted, detail: reason, amount: `+${digits}`, tone: "good" };
    case "revoke":
      return { title: history.revoked, detail: reason, amount: `\u2212${digits}`, tone: "neutral" };
    case "charge":
      return { title, detail: null, amount: `\u2212${digits}`, tone: "neutral" };
    case "refund": {
      const { unused, other } = history.refund;
      return { title, detail: reason === "unused" ? unused : other, amount: `+${digits}`, tone: "good" };
    }
  }
}
