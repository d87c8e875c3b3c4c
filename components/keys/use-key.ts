import { useState } from "react";
import type { Byok, ByokError, CheckedCredential, Credential, NewKey, Result } from "../../client/types.ts";
import { leaveToConnect } from "./connecting.ts";
import type { UsableProvider } from "./providers.ts";
import { announceChange } from "../parts/changes.ts";
import { explain } from "../parts/messages.ts";
import { useTexts } from "../parts/settings.tsx";
import type { Texts } from "../texts.ts";
import { keyInWords, stateInWords } from "./states.ts";

/** A key as its form hands it out. */
export type FormKey = Pick<NewKey, "key" | "place">;

export interface KeyOptions {
  readonly byok: Byok;
  readonly provider: UsableProvider;
  /** The credential that is saved now. */
  readonly credential: Credential | undefined;
  /** Says a result to screen readers. */
  announce(text: string): void;
  /** Gets what is saved from now on. */
  onSaved(credential: Credential | undefined): void;
}

export interface Key {
  readonly doing: "saving" | "verifying" | null;
  /** Why the last action failed, in words. */
  readonly failure: string | null;
  /** How often a key was saved or checked with success, so that each time is seen. */
  readonly successes: number;
  /**
   * Resolves with whether the key is saved. It is held by nobody but its field once the request is over.
   *
   * @param read hands out the key, when it is needed
   */
  save(read: () => FormKey): Promise<boolean>;
  verify(): Promise<void>;
  /** Leaves the key unused, or uses it again. */
  pause(isPaused: boolean): Promise<void>;
  /** Leaves the page to connect an account. */
  connect(): Promise<void>;
  /** Saves the key of an account that was connected. */
  finish(saving: () => Promise<Result<CheckedCredential>>): Promise<void>;
  /** Resolves with why it failed, or null. */
  remove(): Promise<string | null>;
  forgetFailure(): void;
}

/** The actions on one key. An action under way keeps the buttons from starting another. */
export function useKey({ byok, provider, credential, announce, onSaved }: KeyOptions): Key {
  const texts = useTexts();
  const [doing, setDoing] = useState<Key["doing"]>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [successes, setSuccesses] = useState(0);

  function begin(what: NonNullable<Key["doing"]>, said: string) {
    setDoing(what);
    setFailure(null);
    announce(said);
  }

  function accept(saved: Credential) {
    onSaved(saved);
    setDoing(null);
    setSuccesses((times) => times + 1);
    announce(stateInWords(texts, saved, provider));
    announceChange();
  }

  function fail(text: string) {
    setDoing(null);
    setFailure(text);
    announce(text);
    // The request may have done its work before it failed.
    announceChange();
  }

  async function pause(isPaused: boolean): Promise<void> {
    setFailure(null);
    const { data, error } = await (isPaused ? byok.pause(provider.id) : byok.resume(provider.id));
    if (error) return fail(explain(texts, error, provider.name));
    onSaved(data);
    announce(stateInWords(texts, data, provider));
    announceChange();
  }

  async function connect(): Promise<void> {
    setFailure(null);
    const { error } = await leaveToConnect(byok, provider.id);
    if (error) fail(explain(texts, error, provider.name));
  }

  async function finish(saving: () => Promise<Result<CheckedCredential>>): Promise<void> {
    begin("saving", texts.keys.savingWith(provider.name));
    const { data, error } = await saving();
    if (error) fail(whyNotSaved(texts, error, provider, credential));
    else accept(data.credential);
  }

  async function save(read: () => FormKey): Promise<boolean> {
    begin("saving", texts.keys.savingWith(provider.name));
    const { data, error } = await byok.save({ provider: provider.id, ...read() });
    if (error) fail(whyNotSaved(texts, error, provider, credential));
    else accept(data.credential);
    return !error;
  }

  async function verify(): Promise<void> {
    if (!credential) return;
    begin("verifying", texts.keys.checkingKey(keyInWords(texts, provider, credential)));
    const { data, error } = await byok.verify(provider.id);
    if (!error) return accept(data.credential);
    // A check that fails for the key's own sake has marked it.
    if ("credential" in error && error.credential) accept(error.credential);
    else fail(explain(texts, error, provider.name));
  }

  async function remove(): Promise<string | null> {
    const { error } = await byok.remove(provider.id);
    if (!error) onSaved(undefined);
    setFailure(null);
    announceChange();
    return error && explain(texts, error, provider.name);
  }

  return {
    doing,
    failure,
    successes,
    save,
    verify,
    pause,
    connect,
    finish,
    remove,
    forgetFailure: () => setFailure(null),
  };
}

function whyNotSaved(texts: Texts, error: ByokError, provider: UsableProvider, saved: Credential | undefined): string {
  if (error.code === "offline") return texts.form.brokeOff;
  if (error.code === "begun_by_another") return texts.errors.begun_by_another;
  if (error.code === "code_refused") return texts.form.notConnected(provider.name);
  const reason = explain(texts, error, provider.name);
  if (saved) return `${reason} ${texts.form.unchanged(keyInWords(texts, provider, saved))}`;
  return error.code === "api_key_rejected" ? `${reason} ${texts.form.notSaved}` : reason;
}
