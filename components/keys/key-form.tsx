import { type FormEvent, type ReactNode, type RefObject, useEffect, useId, useRef, useState } from "react";
import { readPastedKey } from "../../catalogue/pasted-keys.ts";
import type { UsableProvider } from "./providers.ts";
import { Icon } from "../parts/icons.tsx";
import { OutsideLink, Problem } from "../parts/parts.tsx";
import { useTexts } from "../parts/settings.tsx";
import type { Texts } from "../texts.ts";
import { KeyField } from "./key-field.tsx";
import { PlaceField } from "./place-field.tsx";
import { looksLike } from "./providers.ts";
import type { FormKey } from "./use-key.ts";

export interface KeyFormProps {
  readonly provider: UsableProvider;
  /** All of them, to tell whose key this looks like. */
  readonly providers: readonly UsableProvider[];
  /** A line above the field, such as that there is a key already. */
  readonly note: string | null;
  /** Why the last attempt failed. */
  readonly failure: string | null;
  readonly isSaving: boolean;
  /** Hands out a key once that was brought here from another provider's form. */
  takeMoved(): string | null;
  /** Something is being typed: the failure is about something else. */
  onEdit(): void;
  /** Wants the key to be sent; `read` hands it out. Resolves with whether it was saved. */
  onSubmit(read: () => FormKey): Promise<boolean>;
  /** Brings the key to another provider's form. */
  onMove(provider: UsableProvider, apiKey: string): void;
  /** Leaves the page to connect an account. */
  onConnect(): void;
  onCancel(): void;
}

/**
 * The form for a key. The key is never held in React state: it stands in the field alone, until it is accepted or the form is
 * left.
 */
export function KeyForm(props: KeyFormProps): ReactNode {
  const { provider, note, failure, isSaving, onMove, onConnect, onCancel } = props;
  const texts = useTexts();
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const { complaint, likely, isCleaned, edit, submit } = useKeyInput(input, props, texts);

  /** Nothing of the key stays behind while the form folds up. */
  function leave(next: () => void) {
    if (input.current) input.current.value = "";
    next();
  }

  const problem = complaint ?? (isSaving ? null : failure);
  return (
    <form
      className="byok-form"
      onSubmit={submit}
      autoComplete="off"
      noValidate
      onKeyDown={(event) => event.key === "Escape" && !isSaving && leave(onCancel)}
    >
      {note && <p className="byok-quiet">{note}</p>}
      {provider.connect_url && (
        <p className="byok-connect">
          <button
            type="button"
            className="byok-button"
            aria-disabled={isSaving}
            onClick={() => !isSaving && onConnect()}
          >
            {texts.form.connect(provider.name)}
          </button>
          <span className="byok-quiet">{texts.form.orPaste}</span>
        </p>
      )}
      <div className="byok-label">
        <label htmlFor={`${id}-key`}>{texts.form.label(provider.name)}</label>
        <OutsideLink href={provider.keys_url}>{texts.form.getOne}</OutsideLink>
      </div>
      <KeyField
        id={`${id}-key`}
        input={input}
        prefix={provider.key_prefixes[0]}
        isSaving={isSaving}
        isInvalid={problem !== null}
        describedBy={`${id}-problem ${id}-hint ${id}-help`}
        onInput={edit}
      />
      <Problem id={`${id}-problem`}>{problem}</Problem>
      <div className="byok-form-hint" id={`${id}-hint`} role="status">
        {isCleaned && <p>{texts.form.cleaned}</p>}
        {likely && (
          <LooksLike
            likely={likely}
            onMove={() => {
              const apiKey = readKey(input.current);
              leave(() => onMove(likely, apiKey));
            }}
          />
        )}
      </div>
      <p className="byok-form-help" id={`${id}-help`}>
        <StartsWith prefixes={provider.key_prefixes} />
      </p>
      {provider.place && <PlaceField id={`${id}-place`} place={provider.place} isSaving={isSaving} />}
      <div className="byok-buttons">
        <button type="submit" className="byok-button" data-kind="primary" aria-disabled={isSaving}>
          {isSaving ? texts.keys.saving : texts.form.save}
        </button>
        <button type="button" className="byok-button" onClick={() => leave(onCancel)} disabled={isSaving}>
          {texts.form.cancel}
        </button>
      </div>
    </form>
  );
}

type InputOptions = Pick<KeyFormProps, "provider" | "providers" | "isSaving" | "takeMoved" | "onEdit" | "onSubmit">;

/** The text in the field: read, cleaned, complained about and sent. */
function useKeyInput(input: RefObject<HTMLInputElement | null>, options: InputOptions, texts: Texts) {
  const { provider, providers, isSaving, takeMoved, onEdit, onSubmit } = options;
  const [likely, setLikely] = useState<UsableProvider | null>(null);
  const [complaint, setComplaint] = useState<string | null>(null);
  const [isCleaned, setCleaned] = useState(false);

  useEffect(() => {
    const moved = takeMoved();
    if (moved !== null && input.current) input.current.value = moved;
    input.current?.focus();
    // Once, when the form opens.
  }, []);

  function edit(isPasted: boolean) {
    const field = input.current;
    if (!field) return;
    setCleaned(isPasted && clean(field));
    const found = looksLike(readKey(field), providers);
    setLikely(found?.id === provider.id ? null : found);
    setComplaint(null);
    onEdit();
  }

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const field = input.current;
    if (!field || isSaving) return;
    const pasted = readPastedKey(field.value);
    const isEmpty = field.value.trim() === "";
    const refusal = "problem" in pasted ? (isEmpty ? texts.form.empty : texts.form.notAKey[pasted.problem]) : null;
    const offline = navigator.onLine ? null : texts.form.offline;
    setComplaint(refusal ?? offline);
    // The button may have been pressed with the mouse; what comes next is about the field.
    field.focus();
    if (refusal || offline) return;
    setCleaned(clean(field));
    const place = new FormData(event.currentTarget).get("place");
    const read = () => ({ key: readKey(field), ...(place ? { place: String(place).trim() } : {}) });
    if (await onSubmit(read)) field.value = "";
  }

  return { complaint, likely, isCleaned, edit, submit: (event: FormEvent<HTMLFormElement>) => void submit(event) };
}

/** The key in the field without what stuck to it; empty for what is no key. */
function readKey(field: HTMLInputElement | null): string {
  const read = readPastedKey(field?.value ?? "");
  return "apiKey" in read ? read.apiKey : "";
}

/** Takes off what sticks to the key, such as quotes or a name. Whether there was more than white space to take off. */
function clean(field: HTMLInputElement): boolean {
  const read = readPastedKey(field.value);
  if (!("apiKey" in read) || read.apiKey === field.value) return false;
  const isMore = read.apiKey !== field.value.trim();
  field.value = read.apiKey;
  return isMore;
}

function LooksLike({ likely, onMove }: { likely: UsableProvider; onMove(): void }): ReactNode {
  const { form } = useTexts();
  return (
    <p>
      <Icon name="warning" />
      <span>{form.likely(likely.name)}</span>
      {likely.enabled && (
        <button type="button" className="byok-link" onClick={onMove}>
          {form.addThere(likely.name)}
        </button>
      )}
    </p>
  );
}

function StartsWith({ prefixes }: { prefixes: readonly string[] }): ReactNode {
  const { form } = useTexts();
  return prefixes.length > 0 ? form.startsWith(prefixes.join(` ${form.or} `)) : null;
}
