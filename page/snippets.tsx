import { type KeyboardEvent, type ReactNode, useId, useMemo, useRef, useState } from "react";
import type { Byok } from "../client/index.ts";
import { snippetTexts } from "./snippet-texts.ts";

/** Code to copy, one tab for each client: https://www.w3.org/WAI/ARIA/apg/patterns/tabs/. */
export function Snippets({ byok }: { byok: Byok }): ReactNode {
  const id = useId();
  const snippets = useMemo(() => snippetTexts(byok), [byok]);
  const [chosen, setChosen] = useState(0);
  const tabs = useRef<HTMLDivElement>(null);
  const { name = "", text = "" } = snippets[chosen] ?? {};

  function move(event: KeyboardEvent): void {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = (chosen + step + snippets.length) % snippets.length;
    setChosen(next);
    tabs.current?.querySelectorAll("button")[next]?.focus();
  }

  return (
    <section className="byok" aria-labelledby={`${id}-title`}>
      <header className="byok-head">
        <h2 id={`${id}-title`}>From your code</h2>
        <p>Any SDK, unmodified: with this base URL, and the user's access token as its API key.</p>
      </header>
      <div className="byok-card">
        <div className="snippet-bar">
          <div className="tabs" role="tablist" aria-label="Client" ref={tabs} onKeyDown={move}>
            {snippets.map((snippet, index) => (
              <button
                key={snippet.name}
                type="button"
                role="tab"
                id={`${id}-${snippet.name}`}
                aria-selected={index === chosen}
                aria-controls={`${id}-panel`}
                tabIndex={index === chosen ? 0 : -1}
                onClick={() => setChosen(index)}
              >
                {snippet.name}
              </button>
            ))}
          </div>
          <Copy key={name} text={text} />
        </div>
        <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${name}`}>
          <pre tabIndex={0} aria-label={`Code for ${name}`}>
            <code>{text}</code>
          </pre>
        </div>
      </div>
    </section>
  );
}

function Copy({ text }: { text: string }): ReactNode {
  const [said, setSaid] = useState("");
  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      setSaid("Copied");
    } catch {
      setSaid("Select it yourself");
    }
  }
  return (
    <>
      <button type="button" className="byok-button" onClick={() => void copy()}>
        {said || "Copy"}
      </button>
      <p className="byok-hidden" role="status">
        {said}
      </p>
    </>
  );
}
