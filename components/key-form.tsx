import type { Provider } from "../client/types.ts";
import { Fragment, type FormEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";
import { readPastedKey } from "../catalogue/pasted-keys.ts";
import { Icon } from "./icons.tsx";
import { looksLike } from "./providers.ts";
import { OutsideLink, Problem } from "./parts.tsx";

/**
 * Keeps browsers and password managers away from the field. Chromium takes a `one-time-code` for no password (IsNotPasswordField
 * in form_data_parser.cc) and neither fills nor saves it; the others are what 1Password, LastPass, Bitwarden, Dashlane and Proton
 * Pass document or read. A revealed field is text, which `off` keeps out of the form history and of session restore.
 */
const unmanaged = {
  "data-1p-ignore": "true",
  "data-lpignore": "true",
  "data-bwignore": "true",
  "data-form-type": "other",
  "data-protonpass-ignore": "true",
  autoCapitalize: "off",
  autoCorrect: "off",
  spellCheck: false,
} as const;

export interface KeyFormProps {
  readonly provider: Provider;
  /** All of them, to tell whose key this looks like. */
  readonly providers: readonly Provider[];
  /** A line above the field, such as that there is a key already. */
  readonly note: string | null;
  /** Why the last attempt failed. */
  readonly failure: string | null;
  readonly isSaving: boolean;
  /** Something is being typed: the failure is about something else. */
  onEdit(): void;
  /** Wants the key to be sent. `take` empties the field and hands out the key, without what stuck to it. */
  onSubmit(take: () => string): void;
  onCancel(): void;
}

/** The field for a key. It is never held in React state; it stands in the field alone, until the moment it is sent. */
export function KeyForm(props: KeyFormProps): ReactNode {
  const { provider, providers, note, failure, isSaving, onEdit, onSubmit, onCancel } = props;
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [isRevealed, setRevealed] = useState(false);
  const [likely, setLikely] = useState<Provider | null>(null);
  const [complaint, setComplaint] = useState<string | null>(null);

  useEffect(() => void input.current?.focus(), []);

  function submit(event: FormEvent) {
    event.preventDefault();
    const field = input.current;
    if (!field || isSaving) return;
    const read = readPastedKey(field.value);
    if ("problem" in read) {
      setComplaint(field.value.trim() === "" ? "Paste your key first." : read.problem);
      return field.focus();
    }
    if (!navigator.onLine) {
      setComplaint("You are offline, so nothing was sent. Your key stays in the field until you are back.");
      return field.focus();
    }
    setComplaint(null);
    // The button may have been pressed with the mouse; what comes next is about the field.
    field.focus();
    onSubmit(() => take(field));
  }

  function take(field: HTMLInputElement): string {
    const { value } = field;
    const read = readPastedKey(value);
    field.value = "";
    setRevealed(false);
    setLikely(null);
    return "apiKey" in read ? read.apiKey : "";
  }

  function look() {
    const read = readPastedKey(input.current?.value ?? "");
    const found = looksLike("apiKey" in read ? read.apiKey : "", providers);
    setLikely(found?.id === provider.id ? null : found);
    setComplaint(null);
    onEdit();
  }

  const problem = complaint ?? (isSaving ? null : failure);
  return (
    <form className="byok-form" onSubmit={submit} autoComplete="off" noValidate>
      {note && <p className="byok-form-note">{note}</p>}
      <label className="byok-label" htmlFor={`${id}-key`}>
        {provider.name} API key
      </label>
      <div className="byok-field">
        {/* Without a name, so that no submission of the form itself could put it into a URL. */}
        <input
          {...unmanaged}
          ref={input}
          id={`${id}-key`}
          className="byok-input"
          type={isRevealed ? "text" : "password"}
          autoComplete={isRevealed ? "off" : "one-time-code"}
          placeholder={isSaving || !provider.key_prefixes[0] ? "" : `${provider.key_prefixes[0]}…`}
          readOnly={isSaving}
          aria-invalid={problem !== null}
          aria-describedby={`${id}-problem ${id}-likely ${id}-help`}
          onInput={look}
        />
        <Reveal field={`${id}-key`} isRevealed={isRevealed} onToggle={() => setRevealed(!isRevealed)} />
      </div>
      <Problem id={`${id}-problem`}>{problem}</Problem>
      <p className="byok-likely" id={`${id}-likely`} role="status">
        {likely && <Hint likely={likely} provider={provider} />}
      </p>
      <div className="byok-help" id={`${id}-help`}>
        <KeyFacts provider={provider} />
      </div>
      <div className="byok-buttons">
        <button type="submit" className="byok-button" data-kind="primary" aria-disabled={isSaving}>
          {isSaving ? "Saving…" : "Save & Verify"}
        </button>
        <button type="button" className="byok-button" onClick={onCancel} disabled={isSaving}>
          Cancel
        </button>
      </div>
    </form>
  );
}

interface RevealProps {
  /** The id of the field. */
  readonly field: string;
  readonly isRevealed: boolean;
  onToggle(): void;
}

function Reveal({ field, isRevealed, onToggle }: RevealProps): ReactNode {
  return (
    <button type="button" className="byok-reveal" aria-pressed={isRevealed} aria-controls={field} onClick={onToggle}>
      <Icon name={isRevealed ? "eyeOff" : "eye"} />
      <span className="byok-hidden">Show key</span>
    </button>
  );
}

/** The key looks like another provider's. */
function Hint({ likely, provider }: { readonly likely: Provider; readonly provider: Provider }): ReactNode {
  return (
    <>
      <Icon name="warning" />
      <span>
        This looks like {/^[AEIOU]/.test(likely.name) ? "an" : "a"} {likely.name} key. You can still save it for{" "}
        {provider.name}.
      </span>
    </>
  );
}

function KeyFacts({ provider }: { readonly provider: Provider }): ReactNode {
  return (
    <>
      <p className="byok-facts">
        <span>
          Make one at <OutsideLink href={provider.keys_url}>{new URL(provider.keys_url).host}</OutsideLink>
        </span>{" "}
        {provider.key_prefixes.length > 0 && (
          <span>
            Begins with{" "}
            {provider.key_prefixes.map((prefix, index) => (
              <Fragment key={prefix}>
                {index > 0 && " or "}
                <code>{prefix}</code>
              </Fragment>
            ))}
          </span>
        )}
      </p>
      <p>Checked with {provider.name}, stored encrypted, never shown again.</p>
    </>
  );
}
