import { type KeyboardEvent, type ReactNode, useId, useRef, useState } from "react";
import type { Provider } from "../../client/types.ts";
import { Fold } from "../parts/fold.tsx";
import { Icon } from "../parts/icons.tsx";
import { Logo, useTexts } from "../parts/settings.tsx";

interface PickerProps {
  /** Those without a row. */
  readonly providers: readonly Provider[];
  onPick(provider: Provider): void;
}

/** "Add a provider": a search over those that have no row yet. */
export function ProviderPicker({ providers, onPick }: PickerProps): ReactNode {
  const { keys } = useTexts();
  const id = useId();
  const [isOpen, setOpen] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  return (
    <div className="byok-picker">
      <button
        ref={opener}
        type="button"
        className="byok-picker-button"
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={() => setOpen(!isOpen)}
      >
        <Icon name="plus" />
        {keys.addProvider}
        <span className="byok-quiet">{providers.length}</span>
      </button>
      <div id={id}>
        <Fold isOpen={isOpen}>
          <Search
            providers={providers}
            onPick={(provider) => {
              setOpen(false);
              onPick(provider);
            }}
            onClose={() => {
              opener.current?.focus();
              setOpen(false);
            }}
          />
        </Fold>
      </div>
    </div>
  );
}

interface SearchProps extends PickerProps {
  onClose(): void;
}

function Search({ providers, onPick, onClose }: SearchProps): ReactNode {
  const { keys } = useTexts();
  const [text, setText] = useState("");
  const box = useRef<HTMLDivElement>(null);
  const wanted = text.trim().toLowerCase();
  const found = providers.filter(({ id, name }) => `${id} ${name}`.toLowerCase().includes(wanted));

  function move(event: KeyboardEvent) {
    if (event.key === "Escape") return onClose();
    const stops = Array.from(box.current?.querySelectorAll<HTMLElement>("input, button") ?? []);
    const at = stops.indexOf(document.activeElement as HTMLElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    stops[next]?.focus();
  }

  return (
    <div className="byok-search" ref={box} onKeyDown={move}>
      <input
        className="byok-input"
        type="search"
        aria-label={keys.search}
        placeholder={keys.search}
        autoComplete="off"
        autoFocus
        value={text}
        onChange={({ target }) => setText(target.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && found[0]) onPick(found[0]);
        }}
      />
      <ul>
        {found.map((provider) => (
          <li key={provider.id}>
            <button type="button" onClick={() => onPick(provider)}>
              <Logo provider={provider} />
              {provider.name}
            </button>
          </li>
        ))}
      </ul>
      <p className="byok-quiet" role="status">
        {found.length === 0 && keys.noMatch(text)}
      </p>
    </div>
  );
}
