import { type ReactNode, type Ref, useEffect, useRef, useState } from "react";
import type { Credential, Provider } from "../client/types.ts";
import { Icon } from "./icons.tsx";
import { KeyForm } from "./key-form.tsx";
import { Moment, OutsideLink, Problem } from "./parts.tsx";
import { monogramOf } from "./providers.ts";
import { RemoveDialog } from "./remove-dialog.tsx";
import { keyInWords, type KeyStatus, stateOf, states } from "./states.ts";
import { type Key, type KeyOptions, useKey } from "./use-key.ts";

export interface RowOptions extends KeyOptions {
  /** All of them: a key may look like another one's. */
  readonly providers: readonly Provider[];
}

/** One provider: the state of its key, and what can be done about it. */
export function ProviderRow(options: RowOptions): ReactNode {
  const { provider, providers, credential } = options;
  const key = useKey(options);
  const [isOpen, setOpen] = useState(false);
  const [removing, setRemoving] = useState<Credential | null>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const wasOpen = useRef(false);

  // The form takes its opener's place, and focus goes back there.
  useEffect(() => {
    if (wasOpen.current && !isOpen) opener.current?.focus();
    wasOpen.current = isOpen;
  }, [isOpen]);

  // A check may find that there is no key any more, and its button goes with it.
  const wasDoing = useRef<Key["doing"]>(null);
  useEffect(() => {
    if (wasDoing.current === "verifying" && document.activeElement === document.body) opener.current?.focus();
    wasDoing.current = key.doing;
  }, [key.doing]);

  return (
    <li
      className="byok-row"
      data-provider={provider.id}
      data-state={key.doing ?? key.status}
      aria-busy={key.doing !== null}
    >
      <RowState provider={provider} credential={credential} status={key.status} doing={key.doing} />
      {!isOpen && (
        <>
          {key.failure && <Problem>{key.failure}</Problem>}
          <RowActions
            {...{ provider, credential, opener }}
            status={key.status}
            isBusy={key.doing !== null}
            onVerify={key.verify}
            onOpen={() => {
              key.forgetFailure();
              setOpen(true);
            }}
            onRemove={setRemoving}
          />
        </>
      )}
      {isOpen && (
        <KeyForm
          provider={provider}
          providers={providers}
          // A failure says so itself.
          note={
            credential && !key.failure
              ? `${capitalised(keyInWords(provider, credential))} stays until a new one is accepted.`
              : null
          }
          failure={key.failure}
          isSaving={key.doing === "saving"}
          onEdit={key.forgetFailure}
          onSubmit={async (take) => {
            if (await key.save(take)) setOpen(false);
          }}
          onCancel={() => {
            key.forgetFailure();
            setOpen(false);
          }}
        />
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
            if (isRemoved) options.announce(`Removed. ${states.none.description(provider)}`);
          }}
        />
      )}
    </li>
  );
}

interface RowActionsProps {
  readonly provider: Provider;
  readonly credential: Credential | undefined;
  readonly status: KeyStatus;
  readonly isBusy: boolean;
  /** The button that opens the form. */
  readonly opener: Ref<HTMLButtonElement>;
  onVerify(): void;
  onOpen(): void;
  onRemove(credential: Credential): void;
}

function RowActions(props: RowActionsProps): ReactNode {
  const { provider, credential, status, isBusy, opener, onVerify, onOpen, onRemove } = props;
  const { suggestedAction } = stateOf(credential, provider);
  return (
    <div className="byok-actions">
      {credential && provider.enabled && (
        <RowButton of={provider} isPrimary={suggestedAction === "check"} isBusy={isBusy} onClick={onVerify}>
          Check again
        </RowButton>
      )}
      {provider.enabled && (
        <RowButton of={provider} ref={opener} isPrimary={suggestedAction === "save"} isBusy={isBusy} onClick={onOpen}>
          {!credential ? "Add key" : status === "locked" ? "Save again" : "Replace"}
        </RowButton>
      )}
      {credential && (
        <RowButton of={provider} isBusy={isBusy} onClick={() => onRemove(credential)}>
          Remove
        </RowButton>
      )}
    </div>
  );
}

interface RowStateProps {
  readonly provider: Provider;
  readonly credential: Credential | undefined;
  readonly status: KeyStatus;
  readonly doing: Key["doing"];
}

/** The state in a shape, a word and a sentence. */
function RowState({ provider, credential, status, doing }: RowStateProps): ReactNode {
  const { label, tone, icon, description, help } = stateOf(credential, provider);
  const shownTone = doing ? "neutral" : tone;
  const helpUrl = help && { keysUrl: provider.keys_url, billingUrl: provider.billing_url }[help.url];
  return (
    <>
      <span className="byok-mark" data-tone={shownTone}>
        <Icon name={doing ? "busy" : icon} />
      </span>
      <div className="byok-title">
        <span className="byok-monogram" aria-hidden="true">
          {monogramOf(provider.name)}
        </span>
        <h3>{provider.name}</h3>
        {(doing || status !== "none") && (
          <span className="byok-badge" data-tone={shownTone}>
            {doing === "saving" ? "Saving" : doing === "verifying" ? "Checking" : label}
          </span>
        )}
      </div>
      <div className="byok-about" data-tone={shownTone}>
        {doing ? <Waiting doing={doing} name={provider.name} /> : <p className="byok-text">{description(provider)}</p>}
        {credential && <KeyFacts credential={credential} status={status} />}
        {helpUrl && !doing && (
          <p>
            <OutsideLink href={helpUrl}>{help?.label(provider.name)}</OutsideLink>
          </p>
        )}
      </div>
    </>
  );
}

/** Last four characters, and when what happened. */
function KeyFacts({ credential, status }: { credential: Credential; status: KeyStatus }): ReactNode {
  const { hint, verified_at, updated_at } = credential;
  return (
    <p className="byok-meta byok-facts">
      <span>
        {hint ? (
          <>
            Key ending in <code>{hint}</code>
          </>
        ) : (
          "Key saved"
        )}
      </span>{" "}
      <span>
        {status === "unverified" ? "Last tried" : "Checked"} <Moment at={updated_at} />
      </span>{" "}
      {status !== "verified" && verified_at && verified_at !== updated_at && (
        <span>
          Last worked <Moment at={verified_at} />
        </span>
      )}
    </p>
  );
}

/** A check asks the provider twice and waits up to 10 s for each answer. After this time, in ms, the row says so. */
const patience_ms = 5_000;

function Waiting({ doing, name }: { doing: NonNullable<Key["doing"]>; name: string }): ReactNode {
  const [isLong, setLong] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), patience_ms);
    return () => clearTimeout(timer);
  }, []);
  const what = doing === "saving" ? `Saving your key and checking it with ${name}.` : `Checking your key with ${name}.`;
  return (
    <p className="byok-text">
      {what}
      {isLong && ` ${name} is slow to answer; this can take up to half a minute.`}
    </p>
  );
}

interface RowButtonProps {
  /** Said to screen readers, for which "Remove" alone is one of four. */
  readonly of: Provider;
  readonly ref?: Ref<HTMLButtonElement>;
  readonly isPrimary?: boolean;
  readonly isBusy: boolean;
  readonly children: ReactNode;
  onClick(): void;
}

/** Busy, it keeps focus and does nothing. */
function RowButton({ of, ref, isPrimary, isBusy, children, onClick }: RowButtonProps): ReactNode {
  return (
    <button
      ref={ref}
      type="button"
      className="byok-button"
      data-kind={isPrimary ? "primary" : undefined}
      aria-disabled={isBusy}
      onClick={() => !isBusy && onClick()}
    >
      {children}
      <span className="byok-hidden"> {of.name}</span>
    </button>
  );
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
