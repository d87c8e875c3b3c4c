import { useState } from "react";
import type { Byok, ByokError, Credential, Provider } from "../client/types.ts";
import { announceChange } from "./changes.ts";
import { explain } from "./messages.ts";
import { keyInWords, type KeyStatus, stateOf } from "./states.ts";

export interface KeyOptions {
  readonly byok: Byok;
  readonly provider: Provider;
  /** The credential that is saved now. */
  readonly credential: Credential | undefined;
  /** Says a result to screen readers. */
  announce(text: string): void;
  /** Gets what is saved from now on. */
  onSaved(credential: Credential | undefined): void;
  /** Reads again what is saved, after an action whose end is not known. */
  refresh(): Promise<void>;
}

export interface Key {
  readonly status: KeyStatus;
  readonly doing: "saving" | "verifying" | null;
  /** Why the last action failed, in words. */
  readonly failure: string | null;
  /**
   * Resolves with whether the key is saved. It is held by nobody once the request is over.
   *
   * @param take hands out the key and empties its field. A key that cannot be sent stays there.
   */
  save(take: () => string): Promise<boolean>;
  verify(): Promise<void>;
  /** Resolves with why it failed, or null. */
  remove(): Promise<string | null>;
  forgetFailure(): void;
}

/** The actions on one key. An action under way keeps the buttons from starting another. */
export function useKey({ byok, provider, credential, announce, onSaved, refresh }: KeyOptions): Key {
  const [doing, setDoing] = useState<Key["doing"]>(null);
  const [failure, setFailure] = useState<string | null>(null);

  function begin(what: NonNullable<Key["doing"]>, said: string) {
    setDoing(what);
    setFailure(null);
    announce(said);
  }

  function accept(saved: Credential) {
    onSaved(saved);
    setDoing(null);
    const { label, description } = stateOf(saved, provider);
    announce(`${label}. ${description(provider)}`);
    announceChange();
  }

  async function fail(text: string) {
    // The request may have done its work before it failed.
    await refresh();
    setDoing(null);
    setFailure(text);
    announce(text);
    announceChange();
  }

  async function save(take: () => string): Promise<boolean> {
    begin("saving", `Saving your key and checking it with ${provider.name}.`);
    const { error: signedOut } = await byok.token();
    if (signedOut) {
      await fail(explain(signedOut, provider.name));
      return false;
    }
    const { data, error } = await byok.save({ provider: provider.id, key: take() });
    if (error) await fail(whyNotSaved(error, provider, credential));
    else accept(data.credential);
    return !error;
  }

  async function verify(): Promise<void> {
    if (!credential) return;
    begin("verifying", `Checking ${keyInWords(provider, credential)}.`);
    const { data, error } = await byok.verify(provider.id);
    if (!error) return accept(data.credential);
    // A check that fails for the key's own sake has marked it.
    if ("credential" in error && error.credential) accept(error.credential);
    else await fail(explain(error, provider.name));
  }

  async function remove(): Promise<string | null> {
    const { error } = await byok.remove(provider.id);
    if (error) await refresh();
    else onSaved(undefined);
    setFailure(null);
    announceChange();
    return error && explain(error, provider.name);
  }

  return {
    status: credential?.status ?? "none",
    doing,
    failure,
    save,
    verify,
    remove,
    forgetFailure: () => setFailure(null),
  };
}

function whyNotSaved(error: ByokError, provider: Provider, credential: Credential | undefined): string {
  const reason = explain(error, provider.name);
  if (error.code === "offline") {
    return "The connection broke off while your key was on its way: if it is not shown as saved, paste it again.";
  }
  if (credential) return `${reason} Nothing was changed: ${keyInWords(provider, credential)} is still in place.`;
  return error.code === "api_key_rejected" ? `${reason} It was not saved: copy all of it, or make a new one.` : reason;
}
