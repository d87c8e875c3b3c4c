import { type ReactNode, useEffect, useRef } from "react";
import { catalogue } from "../catalogue/index.ts";
import { Icon } from "../components/parts/icons.tsx";
import { creditsOf } from "../components/parts/format.ts";
import { Problem } from "../components/parts/parts.tsx";
import { english } from "../components/texts.ts";
import type { Run } from "./use-run.ts";

/** Screen readers are told the outcome once, not each piece of the stream. */
export function Outcome({ run }: { run: Run }): ReactNode {
  const { text, payment, problem, isOver } = run;
  const outcome = useRef<HTMLDivElement>(null);
  useEffect(() => {
    outcome.current?.scrollIntoView({ block: "nearest" });
  }, [payment]);
  return (
    <div className="outcome" ref={outcome}>
      {payment?.payer && <Paid run={run} />}
      <output aria-live="off" aria-busy={!isOver}>
        {text}
      </output>
      <div role="alert">
        <Problem>{problem && <ProblemText run={run} />}</Problem>
      </div>
      {payment && <Headers run={run} />}
      <p className="byok-hidden" role="status">
        {isOver && !problem && `Done: ${text}`}
      </p>
    </div>
  );
}

/** Codes of refusals that a key of one's own, or another one, mends. */
const mendedByKeys: readonly (string | null)[] = [
  "insufficient_credits",
  "not_offered",
  "credits_not_allowed",
  "api_key_rejected",
  "envelope_unreadable",
];

function ProblemText({ run: { problem, payment, provider } }: { run: Run }): ReactNode {
  const isAboutKeys = mendedByKeys.includes(payment?.errorCode ?? null) || (payment?.verdict ?? null) !== null;
  const action = payment?.payer === "byok" || payment?.verdict ? "See your" : "Add your own";
  return (
    <>
      {problem}
      {isAboutKeys && (
        <>
          {" "}
          <a href="#keys">
            {action} {catalogue[provider].name} key
          </a>
        </>
      )}
    </>
  );
}

/** The account at a provider that pays a call on a key, in words. */
export function billedTo(name: string, owner: "user" | "team" | null): string {
  return `Billed to your ${owner === "team" ? "team’s " : ""}${name} account: 0 credits`;
}

/** Who paid, in words. */
function Paid({ run: { payment, provider } }: { run: Run }): ReactNode {
  const isByok = payment?.payer === "byok";
  return (
    <p className="paid" data-tone={isByok ? "good" : "neutral"}>
      <Icon name={isByok ? "check" : "wallet"} />
      {isByok
        ? billedTo(catalogue[provider].name, payment.owner)
        : `Costs ${creditsOf(english, payment?.credits ?? 0)}`}
    </p>
  );
}

/** The headers that say so, as they came. */
function Headers({ run: { payment } }: { run: Run }): ReactNode {
  const { payer, credits, errorCode, verdict, reason } = payment!;
  const headers = [
    ["x-byok-funding", payer],
    ["x-byok-credits", credits],
    ["x-byok-error", errorCode],
    ["x-byok-verdict", verdict],
    ["x-byok-reason", reason],
  ].filter(([, value]) => value !== null);
  if (headers.length === 0) return null;
  return (
    <details className="headers">
      <summary>Response headers</summary>
      {headers.map(([name, value]) => (
        <code key={name}>{`${name}: ${value}`}</code>
      ))}
    </details>
  );
}
