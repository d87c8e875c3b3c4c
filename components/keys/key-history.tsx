import { type ReactNode, useCallback, useEffect, useId, useRef, useState } from "react";
import type { Byok, KeyEvent, KeyEventPage, Provider, ProviderId } from "../../client/types.ts";
import { reasons } from "../../catalogue/reasons.ts";
import { explain } from "../parts/messages.ts";
import { Problem } from "../parts/parts.tsx";
import { Heading, useTexts } from "../parts/settings.tsx";
import { Ago } from "../parts/time.tsx";
import type { Texts } from "../texts.ts";

export interface KeyHistoryProps {
  readonly byok: Byok;
  /** Of all providers when absent, each event with the name of its own: also of keys that are gone. */
  readonly provider?: Provider | undefined;
  readonly providers: readonly Provider[];
  /** The dialog is closed, and focus is back on what opened it. */
  onClosed(): void;
}

/** The events of the keys, newest first. A long history scrolls within the dialog. */
export function KeyHistory({ byok, provider, providers, onClosed }: KeyHistoryProps): ReactNode {
  const texts = useTexts();
  const { keyHistory, history } = texts;
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  const { events, next, problem, isLoading, more } = useEvents(byok, provider?.id);
  // A provider may be gone from the server's list.
  const nameOf = ({ provider: of }: KeyEvent) => providers.find(({ id: known }) => known === of)?.name ?? of;

  useEffect(() => void dialog.current?.showModal(), []);

  return (
    <dialog ref={dialog} className="byok-dialog" aria-labelledby={id} aria-busy={isLoading} onClose={onClosed}>
      <Heading id={id} className="byok-dialog-title">
        {provider ? keyHistory.title(provider.name) : keyHistory.titleOfAll}
      </Heading>
      <div role="status">{isLoading ? history.loading : events.length === 0 && !problem && keyHistory.empty}</div>
      {events.length > 0 && (
        <ol className="byok-events" tabIndex={0} aria-labelledby={id}>
          {events.map((event) => (
            <li key={event.id} data-event={event.kind}>
              {whatHappened(texts, event, nameOf(event))}
              <span className="byok-quiet">
                {!provider && `${nameOf(event)} · `}
                {keyHistory.by[event.by_me ? "me" : event.actor]} · <Ago at={event.created_at} />
                {event.hint && ` · …${event.hint}`}
              </span>
            </li>
          ))}
        </ol>
      )}
      <div role="alert">
        <Problem>{problem}</Problem>
      </div>
      <div className="byok-buttons">
        {(next !== null || problem) && (
          <button type="button" className="byok-button" aria-disabled={isLoading} onClick={more}>
            {problem ? texts.tryAgain : history.more}
          </button>
        )}
        <button type="button" className="byok-button" onClick={() => dialog.current?.close()}>
          {keyHistory.close}
        </button>
      </div>
    </dialog>
  );
}

/** The events that are read so far. The first page is read at once, the others on demand. */
function useEvents(byok: Byok, provider: ProviderId | undefined) {
  const texts = useTexts();
  const [{ events, next }, setPage] = useState<KeyEventPage>({ events: [], next: null });
  const [problem, setProblem] = useState<string | null>(null);
  const [isLoading, setLoading] = useState(true);

  const read = useCallback(
    async (before: number | undefined, isWanted: () => boolean) => {
      setLoading(true);
      const { data, error } = await byok.keyEvents({ provider, before });
      if (!isWanted()) return;
      setLoading(false);
      setProblem(error && explain(texts, error, texts.theProvider));
      if (error) return;
      setPage((known) => ({ events: [...(before ? known.events : []), ...data.events], next: data.next }));
    },
    [byok, provider, texts],
  );

  useEffect(() => {
    let isShown = true;
    void read(undefined, () => isShown);
    return () => {
      isShown = false;
    };
  }, [read]);

  return { events, next, problem, isLoading, more: () => !isLoading && void read(next ?? undefined, () => true) };
}

function whatHappened(texts: Texts, { kind, status, reason }: KeyEvent, name: string): string {
  if (kind !== "verdict_changed") return texts.keyHistory.kinds[kind];
  // A newer server may know more reasons.
  if (reason && Object.hasOwn(reasons, reason)) return texts.reason(reason, name);
  return texts.keyHistory.verdicts[status](name);
}
