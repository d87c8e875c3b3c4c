import { memo, type ReactNode, useLayoutEffect, useRef, useState } from "react";
import type { Byok, Entry, HistoryPage, Operation } from "../../client/types.ts";
import { explain } from "../parts/messages.ts";
import { Problem } from "../parts/parts.tsx";
import { Heading, useTexts } from "../parts/settings.tsx";
import { Moment } from "../parts/time.tsx";
import { readHistory } from "./account.ts";
import { lineOf } from "./ledger.ts";

interface HistoryProps {
  readonly history: HistoryPage;
  readonly operations: readonly Operation[];
  readonly byok: Byok;
  /** Gets the page of entries older than the one with the id `before`. */
  onMore(page: HistoryPage, before: number): void;
}

/** Charges, refunds and grants, newest first. A long history scrolls within its own box. */
export function History({ history, operations, byok, onMore }: HistoryProps): ReactNode {
  const texts = useTexts();
  const { entries, next } = history;
  const [isLoading, setLoading] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const { body, focusOn } = useFocusOn(entries);

  async function showMore(before: number) {
    if (isLoading) return;
    setLoading(true);
    const { data: page, error } = await readHistory(byok, before);
    setLoading(false);
    setProblem(error && explain(texts, error, texts.theProvider));
    if (error) return;
    // At the end the button disappears; focus moves to the first of the new lines.
    if (page.next === null) focusOn(page.entries[0]);
    onMore(page, before);
  }

  return (
    <div className="byok-part">
      <Heading below={1} className="byok-subheading">
        {texts.history.title}
      </Heading>
      {entries.length === 0 && <p className="byok-quiet">{texts.history.empty}</p>}
      {entries.length > 0 && (
        <div className="byok-history" tabIndex={entries.length > fitting ? 0 : undefined}>
          <table aria-label={texts.history.title}>
            <thead className="byok-hidden">
              <tr>
                <th scope="col">{texts.history.what}</th>
                <th scope="col">{texts.history.credits}</th>
              </tr>
            </thead>
            <tbody ref={body}>
              {entries.map((entry) => (
                <HistoryRow key={entry.id} entry={entry} operations={operations} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      <Problem>{problem}</Problem>
      {next !== null && (
        <button type="button" className="byok-button" aria-disabled={isLoading} onClick={() => showMore(next)}>
          {isLoading ? texts.history.loading : texts.history.more}
        </button>
      )}
    </div>
  );
}

/** So many entries fit without scrolling. */
const fitting = 6;

/** Moves focus to the row of an entry, once the page that holds it is rendered. */
function useFocusOn(entries: readonly Entry[]) {
  const body = useRef<HTMLTableSectionElement>(null);
  const wanted = useRef<Entry | undefined>(undefined);
  useLayoutEffect(() => {
    const row = wanted.current && body.current?.querySelector<HTMLElement>(`[data-entry="${wanted.current.id}"]`);
    if (!row) return;
    wanted.current = undefined;
    row.focus();
  }, [entries]);
  return { body, focusOn: (entry: Entry | undefined) => (wanted.current = entry) };
}

interface RowProps {
  readonly entry: Entry;
  readonly operations: readonly Operation[];
}

/** Entries never change, so a row is rendered once, however many there are. */
const HistoryRow = memo(
  function HistoryRow({ entry, operations }: RowProps): ReactNode {
    const { title, detail, amount, tone } = lineOf(useTexts(), entry, operations);
    return (
      <tr data-entry={entry.id} tabIndex={-1}>
        <td>
          <span>{title}</span>
          <span className="byok-quiet">
            <Moment at={entry.created_at} />
            {detail && ` · ${detail}`}
          </span>
        </td>
        <td data-tone={tone}>{amount}</td>
      </tr>
    );
  },
  (before, after) => before.entry.id === after.entry.id && before.operations.length === after.operations.length,
);
