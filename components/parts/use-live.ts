/** React hooks: data that stays current, and whether the browser is online. */
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import type { Byok, ByokError, Result } from "../../client/types.ts";
import { whenChanged } from "./changes.ts";

export interface Live<T> {
  /** The newest that was read; undefined until then. It stays when a later reading fails. */
  readonly data: T | undefined;
  /** Why the last reading failed. */
  readonly error: ByokError | undefined;
  /** Reads again. Of several readings under way only the last counts. */
  refresh(): Promise<void>;
  /** Takes in what is known from elsewhere, such as the answer to a change. */
  update(change: (known: T) => T): void;
}

/** Calls the listener for each change. Answers how to stop. */
type Listen = (listener: () => void) => () => void;

/** How to learn of the events of keys, where the app has Realtime; a connection to none would be an error on the console. */
export function useKeyEvents(byok: Byok, isLive: boolean): Listen | undefined {
  return useMemo(() => (isLive ? (listener) => byok.onKeyEvent(listener) : undefined), [byok, isLive]);
}

/**
 * Reads once, and again whenever something may have changed.
 *
 * @param load stable between renders; a new function starts over
 * @param merge what is known together with what was read; without it, what was read. Stable too.
 * @param listen how to learn of changes on other devices, in addition. Stable too.
 */
export function useLive<T>(
  load: () => Promise<Result<T>>,
  merge: (known: T, fresh: T) => T = takeFresh,
  listen?: Listen,
): Live<T> {
  const [state, setState] = useState<{ data?: T; error?: ByokError }>({});
  const turn = useRef(0);

  const refresh = useCallback(async () => {
    const mine = ++turn.current;
    const { data: fresh, error } = await load();
    if (mine !== turn.current) return;
    if (error) return setState((known) => ({ ...known, error }));
    setState(({ data: known }) => ({ data: known === undefined ? fresh : merge(known, fresh) }));
  }, [load, merge]);

  const update = useCallback((change: (known: T) => T) => {
    setState((known) => (known.data === undefined ? known : { ...known, data: change(known.data) }));
  }, []);

  useEffect(() => {
    void refresh();
    const gathered = gather(() => void refresh());
    const stops = [whenChanged(() => void refresh()), listen?.(gathered.call), gathered.stop];
    return () => {
      for (const stop of stops) stop?.();
      turn.current++;
      setState({});
    };
  }, [refresh, listen]);

  return { data: state.data, error: state.error, refresh, update };
}

/** Events elsewhere come in bursts, as when a provider refuses a key on which a whole team calls: one reading follows in this time, in ms. */
const burst_ms = 500;

function gather(act: () => void): { call(): void; stop(): void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const call = () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      act();
    }, burst_ms);
  };
  return { call, stop: () => clearTimeout(timer) };
}

function takeFresh<T>(_: T, fresh: T): T {
  return fresh;
}

/** Whether the browser believes to be online. */
export function useOnline(): boolean {
  return useSyncExternalStore(
    subscribeOnline,
    () => navigator.onLine,
    () => true,
  );
}

function subscribeOnline(listener: () => void): () => void {
  window.addEventListener("online", listener);
  window.addEventListener("offline", listener);
  return () => {
    window.removeEventListener("online", listener);
    window.removeEventListener("offline", listener);
  };
}
