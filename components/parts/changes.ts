/**
 * Tells every part of the page, in this tab and in others, that something changed, so that it reads the database again. Nothing
 * about the change is said.
 */
import { useEffect, useRef } from "react";

const channelName = "byok-changes";

/** Events of one change arrive together, such as `focus` and `visibilitychange`; they cause one reading, in ms. */
const settle_ms = 30;

/** Call it after anything that changes keys or credits. */
export function announceChange(): void {
  const channel = new BroadcastChannel(channelName);
  channel.postMessage(null);
  channel.close();
}

/**
 * Calls the listener when a change is announced, and when the page comes back to the front or online, since what happened
 * meanwhile on another device announces itself to nobody.
 *
 * @returns how to stop listening
 */
export function whenChanged(listener: () => void): () => void {
  const stopping = new AbortController();
  const { signal } = stopping;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const schedule = () => {
    clearTimeout(timer);
    timer = setTimeout(listener, settle_ms);
  };
  const channel = new BroadcastChannel(channelName);
  channel.addEventListener("message", schedule, { signal });
  window.addEventListener("focus", schedule, { signal });
  window.addEventListener("online", schedule, { signal });
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && schedule(), { signal });
  return () => {
    stopping.abort();
    clearTimeout(timer);
    channel.close();
  };
}

const requests = new EventTarget();

/** Asks `ApiKeys` to open the form for a key; nothing happens where it is not on the page. */
export function requestKey(): void {
  requests.dispatchEvent(new Event("key"));
}

/** Calls the listener when a key is asked for elsewhere on the page. */
export function useAddRequests(listener: () => void): void {
  const latest = useRef(listener);
  useEffect(() => {
    latest.current = listener;
  });
  useEffect(() => {
    const answer = () => latest.current();
    requests.addEventListener("key", answer);
    return () => requests.removeEventListener("key", answer);
  }, []);
}
