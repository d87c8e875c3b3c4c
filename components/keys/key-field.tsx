import { type FormEvent, type ReactNode, type RefObject, useState } from "react";
import { Icon } from "../parts/icons.tsx";
import { useTexts } from "../parts/settings.tsx";

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

export interface KeyFieldProps {
  readonly id: string;
  readonly input: RefObject<HTMLInputElement | null>;
  /** The beginning of a key, to show in an empty field. */
  readonly prefix: string | undefined;
  readonly isSaving: boolean;
  readonly isInvalid: boolean;
  /** Ids of what describes it. */
  readonly describedBy: string;
  onInput(isPasted: boolean): void;
}

/** The field for a key, hidden unless its user asks to see it, and hidden again while the key is sent. */
export function KeyField(props: KeyFieldProps): ReactNode {
  const { id, input, prefix, isSaving, isInvalid, describedBy, onInput } = props;
  const { form } = useTexts();
  const [isAsked, setAsked] = useState(false);
  const isRevealed = isAsked && !isSaving;
  return (
    <div className="byok-field">
      {/* Without a name, so that no submission of the form itself could put it into a URL. */}
      <input
        {...unmanaged}
        ref={input}
        id={id}
        className="byok-input"
        type={isRevealed ? "text" : "password"}
        autoComplete={isRevealed ? "off" : "one-time-code"}
        placeholder={prefix ? `${prefix}…` : ""}
        readOnly={isSaving}
        aria-invalid={isInvalid}
        aria-describedby={describedBy}
        onInput={(event: FormEvent<HTMLInputElement>) =>
          onInput((event.nativeEvent as InputEvent).inputType === "insertFromPaste")
        }
      />
      <button
        type="button"
        className="byok-reveal"
        aria-pressed={isRevealed}
        aria-controls={id}
        onClick={() => setAsked(!isAsked)}
      >
        <Icon name={isRevealed ? "eyeOff" : "eye"} />
        <span className="byok-hidden">{form.show}</span>
      </button>
    </div>
  );
}
