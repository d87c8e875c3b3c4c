import { type ReactNode, type RefObject, useEffect, useRef, useState } from "react";
import type { Credential } from "../../client/types.ts";
import { maySave, type UsableProvider } from "./providers.ts";
import { Fold } from "../parts/fold.tsx";
import { onDemand } from "../parts/on-demand.tsx";
import { useTexts } from "../parts/settings.tsx";
import type { Return } from "./connecting.ts";
import { RowActions, type RowDoings } from "./row-actions.tsx";
import { RowNotes } from "./row-notes.tsx";
import { RowTitle } from "./row-title.tsx";
import { keyInWords, stateOf } from "./states.ts";
import { type Key, type KeyOptions, useKey } from "./use-key.ts";

export const KeyForm = onDemand(() => import("./key-form.tsx").then(({ KeyForm }) => KeyForm));
export const RemoveDialog = onDemand(() => import("./remove-dialog.tsx").then(({ RemoveDialog }) => RemoveDialog));
export const KeyHistory = onDemand(() => import("./key-history.tsx").then(({ KeyHistory }) => KeyHistory));

export interface RowOptions extends KeyOptions {
  /** All of them: a key may look like another one's. */
  readonly providers: readonly UsableProvider[];
  /** Whether its form is the one that is open. */
  readonly isOpen: boolean;
  onOpen(isOpen: boolean): void;
  /** Hands out a key once that was brought here from another provider's form. */
  takeMoved(): string | null;
  onMove(provider: UsableProvider, apiKey: string): void;
  /** The way to finish, if its account was connected and the page is come back from there. */
  readonly returned: Return | null;
}

/** One provider: the state of its key, and what can be done about it. */
export function ProviderRow(options: RowOptions): ReactNode {
  const { provider, credential, onOpen, announce } = options;
  const texts = useTexts();
  const key = useKey(options);
  const [removing, setRemoving] = useState<Credential | null>(null);
  const [isHistoryOpen, setHistoryOpen] = useState(false);
  // A key that is on its way keeps its form, whatever else is opened meanwhile.
  const isOpen = (options.isOpen && maySave(provider)) || key.doing === "saving";
  const opener = useOpener(isOpen, key.doing, credential !== undefined);
  const { returned, byok } = options;
  useOnce(() => returned && void key.finish(() => returned.finish(byok)));
  const state = credential && stateOf(texts, credential, provider);
  const doings: RowDoings = {
    onCheck: () => void key.verify(),
    onPause: (isPaused) => void key.pause(isPaused),
    onRemove: setRemoving,
    onHistory: () => setHistoryOpen(true),
    onOpen() {
      key.forgetFailure();
      onOpen(true);
    },
  };

  return (
    <li
      className="byok-row"
      data-provider={provider.id}
      data-state={key.doing ?? credential?.status ?? "none"}
      aria-busy={key.doing !== null}
    >
      {key.successes > 0 && <span className="byok-flash" key={key.successes} />}
      <RowTitle {...{ provider, credential, state }} doing={key.doing} />
      <RowActions {...{ provider, credential, doings, opener, isOpen }} isBusy={key.doing !== null} />
      <RowNotes {...{ provider, credential, state, doings, isOpen }} keyNow={key} />
      <Fold isOpen={isOpen}>
        <RowForm {...options} keyNow={key} />
      </Fold>
      {isHistoryOpen && (
        <KeyHistory {...{ byok, provider }} providers={options.providers} onClosed={() => setHistoryOpen(false)} />
      )}
      {removing && (
        <RemoveDialog
          provider={provider}
          credential={removing}
          onRemove={key.remove}
          onClosed={(isRemoved) => {
            setRemoving(null);
            // Its button is gone with the key.
            if (isRemoved || !credential) opener.current?.focus();
            // Nothing behind an open dialog is told.
            const { name, on_credits, team_key } = provider;
            const payer = team_key ? texts.team.ofMember.pays(name) : texts.keys.withoutKey(name, on_credits);
            if (isRemoved) announce(`${texts.removing.done} ${payer}`);
          }}
        />
      )}
    </li>
  );
}

/** Does something once, in strict mode too. */
function useOnce(act: () => void): void {
  const isDone = useRef(false);
  useEffect(() => {
    if (isDone.current) return;
    isDone.current = true;
    act();
  }, []);
}

/** The button that a form leads back to: "Add key", or the menu of a saved key. */
function useOpener(isOpen: boolean, doing: Key["doing"], hasKey: boolean): RefObject<HTMLButtonElement | null> {
  const opener = useRef<HTMLButtonElement>(null);
  const before = useRef({ isOpen, doing, hasKey });
  useEffect(() => {
    const { activeElement } = document;
    const isClosed = before.current.isOpen && !isOpen;
    // A check may find that there is no key any more, and its button goes with it.
    const isChecked = before.current.doing === "verifying" && doing === null;
    // Another form that was opened instead has focus already.
    const isLost = activeElement === document.body || activeElement?.closest("[inert]");
    // So do the buttons of a key that is removed, whenever React gets to it.
    const isRemoved = before.current.hasKey && !hasKey;
    if ((isClosed || isChecked || isRemoved) && isLost) opener.current?.focus();
    before.current = { isOpen, doing, hasKey };
  }, [isOpen, doing, hasKey]);
  return opener;
}

function RowForm(options: RowOptions & { readonly keyNow: Key }): ReactNode {
  const { provider, providers, credential, onOpen, takeMoved, onMove, keyNow: key } = options;
  const texts = useTexts();
  const close = () => {
    key.forgetFailure();
    onOpen(false);
  };
  return (
    <KeyForm
      provider={provider}
      providers={providers}
      // A failure says so itself.
      note={credential && !key.failure ? capitalised(texts.form.stays(keyInWords(texts, provider, credential))) : null}
      failure={key.failure}
      isSaving={key.doing === "saving"}
      takeMoved={takeMoved}
      onEdit={key.forgetFailure}
      onSubmit={async (read) => {
        const isSaved = await key.save(read);
        if (isSaved) onOpen(false);
        return isSaved;
      }}
      onMove={onMove}
      onConnect={() => void key.connect()}
      onCancel={close}
    />
  );
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
