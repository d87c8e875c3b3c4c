import { type ReactNode, useCallback, useRef, useState } from "react";
import type { Byok, Entry } from "../client/types.ts";
import { joinPages, lineOf, shownKinds } from "./ledger.ts";
import { explain } from "./messages.ts";
import { Moment, Problem, Skeleton } from "./parts.tsx";
import { useLive } from "./use-live.ts";

const pageSize = 10;

/** What was charged, refunded and added, newest first. */
export function History({ byok }: { readonly byok: Byok }): ReactNode {
  const load = useCallback(() => byok.history({ limit: pageSize, kinds: shownKinds }), [byok]);
  const { data, error, update } = useLive(load, joinPages);
  const [isLoading, setLoading] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const body = useRef<HTMLTableSectionElement>(null);

  async function showMore(before: number) {
    if (isLoading) return;
    setLoading(true);
    const result = await byok.history({ before, limit: pageSize, kinds: shownKinds });
    setLoading(false);
    setProblem(result.ok ? null : explain(result.error, "The provider"));
    if (!result.ok) return;
    update((known) => joinPages(known, result.data));
    // At the end the button goes away; whoever pressed it goes on reading where the new lines begin.
    if (result.data.next === null) requestAnimationFrame(() => focusRow(body.current, result.data.entries[0]));
  }

  // What failed is said above, for the whole card.
  if (!data && error) return null;
  return (
    <div className="byok-part">
      <h3>History</h3>
      {!data && <Skeleton rows={3} label="Loading your history" />}
      {data?.entries.length === 0 && (
        <p className="byok-text">Nothing yet. What is charged, refunded and added stands here.</p>
      )}
      {data && data.entries.length > 0 && (
        <table className="byok-history">
          <thead className="byok-hidden">
            <tr>
              <th scope="col">What and when</th>
              <th scope="col">Credits</th>
            </tr>
          </thead>
          <tbody ref={body}>
            {data.entries.map((entry) => (
              <HistoryRow key={entry.id} entry={entry} />
            ))}
          </tbody>
        </table>
      )}
      <Problem>{problem}</Problem>
      {data?.next != null && (
        <button
          type="button"
          className="byok-button"
          aria-disabled={isLoading}
          onClick={() => data.next !== null && showMore(data.next)}
        >
          {isLoading ? "Loading…" : "Show more"}
        </button>
      )}
    </div>
  );
}

function HistoryRow({ entry }: { entry: Entry }): ReactNode {
  const { title, detail, amount, tone } = lineOf(entry);
  return (
    <tr data-entry={entry.id} tabIndex={-1}>
      <td>
        <span className="byok-history-title">{title}</span>
        <span className="byok-meta">
          <Moment at={entry.created_at} />
          {detail && ` · ${detail}`}
        </span>
      </td>
      <td data-tone={tone}>{amount}</td>
    </tr>
  );
}

function focusRow(body: HTMLElement | null, entry: Entry | undefined): void {
  if (entry) body?.querySelector<HTMLElement>(`[data-entry="${entry.id}"]`)?.focus();
}
