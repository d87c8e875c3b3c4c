/** React hooks: data that stays current, and whether the browser is online. */
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from "react";
import type { ByokError, Result } from "../../client/types.ts";
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

/**
 * Reads once, and again whenever something may have changed.
 *
 * @param load stable between renders; a new function starts over
 * @param merge what is known together with what was read; without it, what was read. Stable too.
 */
export function useLive<T>(load: () => Promise<Result<T>>, merge: (known: T, fresh: T) => T = takeFresh): Live<T> {
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
    const stop = whenChanged(() => void refresh());
    return () => {
      stop();
      turn.current++;
      setState({});
    };
  }, [refresh]);

  return { data: state.data, error: state.error, refresh, update };
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
