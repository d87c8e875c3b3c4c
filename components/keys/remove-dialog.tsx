import { type ReactNode, useEffect, useId, useRef, useState } from "react";
import type { Credential } from "../../client/types.ts";
import { Problem } from "../parts/parts.tsx";
import { Heading, useTexts } from "../parts/settings.tsx";
import type { UsableProvider } from "./providers.ts";
import { keyInWords } from "./states.ts";

export interface RemoveDialogProps {
  readonly provider: UsableProvider;
  readonly credential: Credential;
  /** Resolves with why it failed, or null. */
  onRemove(): Promise<string | null>;
  /** The dialog is closed, and focus is back on what opened it. */
  onClosed(isRemoved: boolean): void;
}

/** Asks once before a key is removed. The platform's own dialog keeps focus inside, closes on Escape and gives focus back. */
export function RemoveDialog({ provider, credential, onRemove, onClosed }: RemoveDialogProps): ReactNode {
  const texts = useTexts();
  const { removing: words, form } = texts;
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  const [isRemoving, setRemoving] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);

  const payerAfterwards = provider.team_key
    ? texts.team.ofMember.afterRemoving
    : provider.on_credits
      ? words.onCredits
      : words.withoutKey;

  useEffect(() => void dialog.current?.showModal(), []);

  async function remove() {
    if (isRemoving) return;
    setRemoving(true);
    const problem = await onRemove();
    setRemoving(false);
    setFailure(problem);
    if (!problem) dialog.current?.close("removed");
  }

  return (
    <dialog
      ref={dialog}
      className="byok-dialog"
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-text`}
      // While it is being removed there is nothing to go back to.
      onCancel={(event) => isRemoving && event.preventDefault()}
      onClose={() => onClosed(dialog.current?.returnValue === "removed")}
    >
      <Heading id={`${id}-title`} className="byok-dialog-title">
        {words.title(keyInWords(texts, provider, credential))}
      </Heading>
      <p id={`${id}-text`}>
        {payerAfterwards(provider.name)} {words.everywhere(provider.name)}
      </p>
      <div role="alert">
        <Problem>{failure}</Problem>
      </div>
      <div className="byok-buttons">
        <button
          type="button"
          className="byok-button"
          aria-disabled={isRemoving}
          onClick={() => !isRemoving && dialog.current?.close()}
        >
          {form.cancel}
        </button>
        <button type="button" className="byok-button" data-kind="danger" aria-disabled={isRemoving} onClick={remove}>
          {isRemoving ? words.busy : words.confirm}
        </button>
      </div>
    </dialog>
  );
}
