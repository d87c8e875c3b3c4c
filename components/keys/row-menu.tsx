import { type FocusEvent, type KeyboardEvent, type ReactNode, type Ref, useEffect, useRef, useState } from "react";
import { Icon } from "../parts/icons.tsx";

export interface MenuItem {
  readonly label: string;
  /** An action, or an address outside. */
  readonly act: (() => void) | string;
}

interface RowMenuProps {
  /** Says whose menu it is. */
  readonly label: string;
  readonly items: readonly MenuItem[];
  readonly isBusy: boolean;
  readonly ref: Ref<HTMLButtonElement>;
}

/** A button with a menu: https://www.w3.org/WAI/ARIA/apg/patterns/menu-button/. */
export function RowMenu({ label, items, isBusy, ref }: RowMenuProps): ReactNode {
  const [isOpen, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const entries = () => Array.from(box.current?.querySelectorAll<HTMLElement>("[role=menuitem]") ?? []);
  const opener = () => box.current?.querySelector<HTMLElement>("button");

  useEffect(() => {
    if (isOpen) entries()[0]?.focus();
  }, [isOpen]);

  function move(event: KeyboardEvent) {
    if (!isOpen) return;
    const all = entries();
    const at = all.indexOf(document.activeElement as HTMLElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (next !== undefined) {
      event.preventDefault();
      all.at(next % all.length)?.focus();
    } else if (event.key === "Escape") {
      opener()?.focus();
      setOpen(false);
    }
  }

  function leave({ relatedTarget }: FocusEvent) {
    if (!box.current?.contains(relatedTarget)) setOpen(false);
  }

  function choose({ act }: MenuItem) {
    setOpen(false);
    opener()?.focus();
    if (typeof act === "function") act();
  }

  return (
    <div className="byok-menu" ref={box} onKeyDown={move} onBlur={leave}>
      <button
        ref={ref}
        type="button"
        className="byok-button"
        data-kind="icon"
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-disabled={isBusy}
        onClick={() => !isBusy && setOpen(!isOpen)}
      >
        <Icon name="more" />
        <span className="byok-hidden">{label}</span>
      </button>
      {isOpen && (
        <div className="byok-menu-list" role="menu" aria-label={label}>
          {items.map((item) =>
            typeof item.act === "string" ? (
              <a
                key={item.label}
                role="menuitem"
                tabIndex={-1}
                href={item.act}
                target="_blank"
                rel="noopener noreferrer"
                onClick={() => choose(item)}
              >
                {item.label}
                <Icon name="outside" />
              </a>
            ) : (
              <button key={item.label} type="button" role="menuitem" tabIndex={-1} onClick={() => choose(item)}>
                {item.label}
              </button>
            ),
          )}
        </div>
      )}
    </div>
  );
}
