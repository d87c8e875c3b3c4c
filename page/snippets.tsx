import { type KeyboardEvent, type ReactNode, useCallback, useId, useRef, useState } from "react";
import type { Byok } from "../client/index.ts";
import { Head } from "../components/parts/parts.tsx";
import { useLive } from "../components/parts/use-live.ts";
import { Copy, CopyToken } from "./copy.tsx";
import { Highlighted } from "./highlight.tsx";
import { type Project, snippets } from "./snippet-texts.ts";
import type { Choice } from "./use-choice.ts";

interface SnippetsProps {
  readonly byok: Byok;
  readonly choice: Choice;
  readonly project: Project;
}

/** The chosen call as code, one tab for each place that code runs at: https://www.w3.org/WAI/ARIA/apg/patterns/tabs/. */
export function Snippets({ byok, choice, project }: SnippetsProps): ReactNode {
  const id = useId();
  const { provider, operation, model } = choice;
  const { data: endpoint } = useLive(useCallback(() => byok.endpoint(provider), [byok, provider]));
  const [chosen, setChosen] = useState(0);
  const code = useRef<HTMLPreElement>(null);
  const { name, needsToken, text } = snippets[chosen]!;
  const shown = endpoint && operation ? text({ ...project, provider, operation, model, endpoint }) : "";

  return (
    <section className="byok" aria-labelledby={`${id}-title`}>
      <Head
        id={`${id}-title`}
        title="From your code"
        about="The provider’s own SDK, unmodified: with this base URL, and the user’s access token as its API key."
      />
      <div className="byok-card">
        <div className="snippet-bar">
          <Tabs id={id} chosen={chosen} onChoose={setChosen} />
          <Copy key={name} code={code} />
        </div>
        <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${chosen}`} tabIndex={0}>
          <pre ref={code}>
            <code>
              <Highlighted text={shown} />
            </code>
          </pre>
        </div>
        {needsToken && <CopyToken read={async () => (await byok.token()).data} />}
      </div>
    </section>
  );
}

interface TabsProps {
  readonly id: string;
  readonly chosen: number;
  onChoose(index: number): void;
}

function Tabs({ id, chosen, onChoose }: TabsProps): ReactNode {
  const tabs = useRef<HTMLDivElement>(null);

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
    onChoose(next);
    tabs.current?.querySelectorAll("button")[next]?.focus();
  }

  return (
    <div className="tabs" role="tablist" aria-label="Where the code runs" ref={tabs} onKeyDown={move}>
      {snippets.map(({ name }, index) => (
        <button
          key={name}
          type="button"
          role="tab"
          id={`${id}-${index}`}
          aria-selected={index === chosen}
          aria-controls={`${id}-panel`}
          tabIndex={index === chosen ? 0 : -1}
          onClick={() => onChoose(index)}
        >
          {name}
        </button>
      ))}
    </div>
  );
}
