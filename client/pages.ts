/** Pages of records that come newest first. One record more than a page holds is asked for, which tells whether another page follows. */
import { toCredits } from "./prices.ts";
import type { Entry } from "./types.ts";

/** @param limit records on a page; `next` is the id that the next page goes on from, or null on the last */
export function pageOf<T extends { readonly id: number }>(
  rows: readonly T[] | null,
  limit: number,
): { readonly records: readonly T[]; readonly next: number | null } {
  const records = (rows ?? []).slice(0, limit);
  return { records, next: (rows ?? []).length > limit ? (records.at(-1)?.id ?? null) : null };
}

/** An entry as the client shows it, from a row of the ledger. */
export function entryOf({ microcredits, ...entry }: EntryRow): Entry {
  return { ...entry, credits: toCredits(microcredits) } as Entry;
}

type EntryRow = Record<string, unknown> & { readonly microcredits: number };
