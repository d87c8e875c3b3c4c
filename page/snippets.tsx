import {
  type KeyboardEvent,
  type ReactNode,
  type RefObject,
  useCallback,
  useEffect,
  useId,
  useRef,
  useState,
} from "react";
import type { Byok } from "../client/index.ts";
import { useLive } from "../components/use-live.ts";
import { readSnippets } from "./snippet-texts.ts";

/** Code to copy, one tab for each client: https://www.w3.org/WAI/ARIA/apg/patterns/tabs/. */
export function Snippets({ byok }: { byok: Byok }): ReactNode {
  const id = useId();
  const { data: snippets = [] } = useLive(useCallback(() => readSnippets(byok), [byok]));
  const [chosen, setChosen] = useState(0);
  const tabs = useRef<HTMLDivElement>(null);
  const code = useRef<HTMLPreElement>(null);
  const { name = "", text = "" } = snippets[chosen] ?? {};

  function move(event: KeyboardEvent): void {
    const last = snippets.length - 1;
    const next = {
      ArrowRight: chosen === last ? 0 : chosen + 1,
      ArrowLeft: chosen === 0 ? last : chosen - 1,
      Home: 0,
      End: last,
    }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    setChosen(next);
    tabs.current?.querySelectorAll("button")[next]?.focus();
  }

  return (
    <section className="byok" aria-labelledby={`${id}-title`}>
      <header className="byok-head">
        <h2 id={`${id}-title`}>From your code</h2>
        <p>Any SDK, unmodified: with this base URL, and the user’s access token as its API key.</p>
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
          <Copy key={name} code={code} />
        </div>
        <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${name}`} tabIndex={0}>
          <pre ref={code}>
            <code>{text}</code>
          </pre>
        </div>
      </div>
    </section>
  );
}

/** How long a button says what it has done, in ms. */
const said_ms = 2_000;

function Copy({ code }: { code: RefObject<HTMLElement | null> }): ReactNode {
  const [said, setSaid] = useState<"Copied" | "Selected">();
  useEffect(() => {
    const timer = setTimeout(() => setSaid(undefined), said_ms);
    return () => clearTimeout(timer);
  }, [said]);

  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(code.current?.textContent ?? "");
      setSaid("Copied");
    } catch {
      // Where a page may not copy, its user can.
      if (code.current) getSelection()?.selectAllChildren(code.current);
      setSaid("Selected");
    }
  }

  return (
    <>
      <button type="button" className="byok-button" onClick={() => void copy()}>
        {said ?? "Copy"}
      </button>
      <p className="byok-hidden" role="status">
        {said === "Selected" ? "The code is selected, for you to copy." : said}
      </p>
    </>
  );
}
