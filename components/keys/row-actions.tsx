import type { ReactNode, Ref } from "react";
import type { Credential } from "../../client/types.ts";
import { maySave, type UsableProvider } from "./providers.ts";
import { useTexts } from "../parts/settings.tsx";
import { RowMenu, type MenuItem } from "./row-menu.tsx";

/** The actions on a row. */
export interface RowDoings {
  onCheck(): void;
  onPause(isPaused: boolean): void;
  onHistory(): void;
  /** Opens the form. */
  onOpen(): void;
  onRemove(credential: Credential): void;
}

interface ActionsProps {
  readonly provider: UsableProvider;
  readonly credential: Credential | undefined;
  readonly doings: RowDoings;
  readonly isBusy: boolean;
  /** Whether the form is open. */
  readonly isOpen: boolean;
  /** The button that the form leads back to. */
  readonly opener: Ref<HTMLButtonElement>;
}

/** "Add key", or for a saved key "Remove" and a menu with the rest. */
export function RowActions({ provider, credential, doings, isBusy, isOpen, opener }: ActionsProps): ReactNode {
  const { keys } = useTexts();
  if (!provider.may_manage_keys) return null;
  if (!credential) {
    if (isOpen || !maySave(provider)) return null;
    return (
      <div className="byok-actions">
        <RowButton key="add" of={provider} ref={opener} isBusy={isBusy} onClick={doings.onOpen}>
          {keys.add}
        </RowButton>
      </div>
    );
  }
  const items: readonly MenuItem[] = [
    ...(maySave(provider)
      ? [
          { label: keys.check, act: doings.onCheck },
          { label: keys.replace, act: doings.onOpen },
          credential.is_paused
            ? { label: keys.resume, act: () => doings.onPause(false) }
            : { label: keys.pause, act: () => doings.onPause(true) },
        ]
      : []),
    { label: keys.history, act: doings.onHistory },
    { label: keys.manage(provider.name), act: provider.keys_url },
  ];
  return (
    <div className="byok-actions">
      <RowButton of={provider} isBusy={isBusy} kind="quiet" onClick={() => doings.onRemove(credential)}>
        {keys.remove}
      </RowButton>
      <RowMenu label={`${keys.more} ${provider.name}`} items={items} isBusy={isBusy} ref={opener} />
    </div>
  );
}

interface RowButtonProps {
  /** Said to screen readers, for which "Remove" alone is one of four. */
  readonly of: UsableProvider;
  readonly ref?: Ref<HTMLButtonElement>;
  readonly kind?: "primary" | "quiet";
  readonly isBusy: boolean;
  readonly children: ReactNode;
  onClick(): void;
}

/** Busy, it keeps focus and does nothing. */
export function RowButton({ of, ref, kind, isBusy, children, onClick }: RowButtonProps): ReactNode {
  return (
    <button
      ref={ref}
      type="button"
      className="byok-button"
      data-kind={kind}
      aria-disabled={isBusy}
      onClick={() => !isBusy && onClick()}
    >
      {children}
      <span className="byok-hidden"> {of.name}</span>
    </button>
  );
}
