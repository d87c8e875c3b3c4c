import { type ReactNode, useLayoutEffect, useRef, useState } from "react";
import type { Byok, Entry, HistoryPage, Result } from "../client/types.ts";
import { lineOf } from "./ledger.ts";
import { explain } from "./messages.ts";
import { Moment, Problem } from "./parts.tsx";

interface HistoryProps {
  readonly history: HistoryPage;
  readonly byok: Byok;
  /** Gets the page of entries older than the one with the id `before`. */
  onMore(page: HistoryPage, before: number): void;
}

const pageSize = 10;

/** The newest entries, or those that are older than the one with this id. */
export function readHistory(byok: Byok, before?: number): Promise<Result<HistoryPage>> {
  return byok.history({ before, limit: pageSize });
}

/** Charges, refunds and grants, newest first. */
export function History({ history, byok, onMore }: HistoryProps): ReactNode {
  const { entries, next } = history;
  const [isLoading, setLoading] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const body = useRef<HTMLTableSectionElement>(null);
  const toFocus = useRef<Entry | undefined>(undefined);

  // The row to focus exists once the page that holds it is rendered.
  useLayoutEffect(() => {
    const row = toFocus.current && body.current?.querySelector<HTMLElement>(`[data-entry="${toFocus.current.id}"]`);
    if (!row) return;
    toFocus.current = undefined;
    row.focus();
  }, [entries]);

  async function showMore(before: number) {
    if (isLoading) return;
    setLoading(true);
    const { data: page, error } = await readHistory(byok, before);
    setLoading(false);
    setProblem(error && explain(error, "The provider"));
    if (error) return;
    // At the end the button disappears; focus moves to the first of the new lines.
    if (page.next === null) toFocus.current = page.entries[0];
    onMore(page, before);
  }

  return (
    <div className="byok-part">
      <h3>History</h3>
      {entries.length === 0 && <p className="byok-quiet">Nothing yet. Charges, refunds and grants appear here.</p>}
      {entries.length > 0 && (
        <table className="byok-history">
          <thead className="byok-hidden">
            <tr>
              <th scope="col">What and when</th>
              <th scope="col">Credits</th>
            </tr>
          </thead>
          <tbody ref={body}>
            {entries.map((entry) => (
              <HistoryRow key={entry.id} entry={entry} />
            ))}
          </tbody>
        </table>
      )}
      <Problem>{problem}</Problem>
      {next !== null && (
        <button type="button" className="byok-button" aria-disabled={isLoading} onClick={() => showMore(next)}>
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
        <span>{title}</span>
        <span className="byok-meta">
          <Moment at={entry.created_at} />
          {detail && ` · ${detail}`}
        </span>
      </td>
      <td data-tone={tone}>{amount}</td>
    </tr>
  );
}
