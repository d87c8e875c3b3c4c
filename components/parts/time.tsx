import { type ReactNode, useSyncExternalStore } from "react";
import { momentOf, relativeTo } from "./format.ts";
import { useTexts } from "./settings.tsx";

/** How often a relative time is looked at again, in ms. */
const tick_ms = 15_000;

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

/** One timer for all times on the page, and none without any. */
function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => listeners.forEach((tick) => tick()), tick_ms);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** The text changes when it has to, not with each tick. */
function useTicking(text: () => string): string {
  return useSyncExternalStore(subscribe, text, text);
}

/** When something happened, from now: `2 minutes ago`. The exact time is its title. */
export function Ago({ at, words = (when) => when }: { at: string; words?: (when: string) => string }): ReactNode {
  const texts = useTexts();
  const date = new Date(at);
  const when = useTicking(() => relativeTo(texts, date, new Date()));
  return (
    <time dateTime={at} title={momentOf(texts, date, new Date())}>
      {words(when)}
    </time>
  );
}

/** A date and time as this browser writes them. */
export function Moment({ at }: { at: string }): ReactNode {
  const texts = useTexts();
  return <time dateTime={at}>{momentOf(texts, new Date(at), new Date())}</time>;
}
