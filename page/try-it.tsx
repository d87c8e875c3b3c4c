import { type FormEvent, type ReactNode, useCallback, useEffect, useId, useRef, useState } from "react";
import { catalogue, type ProviderId } from "../catalogue/index.ts";
import type { Byok, Payment } from "../client/index.ts";
import { Icon } from "../components/icons.tsx";
import { creditsOf } from "../components/ledger.ts";
import { Notices, Problem, ReadingFailed } from "../components/parts.tsx";
import { useLive } from "../components/use-live.ts";
import { modelOf } from "./generation.ts";
import { type Run, useRun } from "./use-run.ts";

/** Runs one of the operations through `call`, streamed, and shows who paid. */
export function TryIt({ byok }: { byok: Byok }): ReactNode {
  const id = useId();
  const { data: operations = [], error, refresh } = useLive(useCallback(() => byok.operations(), [byok]));
  const { data: listed = [] } = useLive(useCallback(() => byok.providers(), [byok]));
  const { run, start, stop } = useRun(byok);
  const [provider, setProvider] = useState<ProviderId>("openai");
  const [chosen, setChosen] = useState<string>();
  const [model, setModel] = useState<string>();
  const operation = chosen ?? operations[0]?.name ?? "";
  const isRunning = run?.isOver === false;
  // The page knows how to ask those of the catalogue it was built with.
  const providers = listed
    .filter(({ id: value, enabled }) => enabled && Object.hasOwn(catalogue, value))
    .map(({ id: value, name }) => ({ value, label: name }));

  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault();
    if (isRunning) return stop();
    const prompt = String(new FormData(event.currentTarget).get("prompt"));
    void start({ provider, operation, model: model ?? modelOf(provider), prompt });
  }

  return (
    <section className="byok" aria-labelledby={`${id}-title`}>
      <header className="byok-head">
        <h2 id={`${id}-title`}>Run an operation</h2>
        <p>
          Streams an answer through <code>call</code>, and shows who paid for it.
        </p>
      </header>
      <div className="byok-card">
        <Notices>{error && operations.length === 0 && <ReadingFailed error={error} onRetry={refresh} />}</Notices>
        <form className="fields" onSubmit={submit}>
          <Field id={`${id}-provider`} label="Provider">
            <Select
              id={`${id}-provider`}
              value={provider}
              onChange={(value) => {
                setProvider(value as ProviderId);
                setModel(undefined);
              }}
              options={providers}
            />
          </Field>
          <Field id={`${id}-operation`} label="Operation">
            <Select
              id={`${id}-operation`}
              value={operation}
              onChange={setChosen}
              options={operations.map(({ name, price_credits }) => ({
                value: name,
                label: price_credits === null ? name : `${name} · ${creditsOf(price_credits)}`,
              }))}
            />
          </Field>
          <Field id={`${id}-model`} label="Model">
            <input
              id={`${id}-model`}
              value={model ?? modelOf(provider)}
              onChange={({ target }) => setModel(target.value)}
              autoComplete="off"
              spellCheck={false}
              required
            />
          </Field>
          <Field id={`${id}-prompt`} label="Prompt">
            <textarea id={`${id}-prompt`} name="prompt" rows={3} defaultValue="Say hello in one sentence." required />
          </Field>
          <button
            type="submit"
            className="byok-button"
            data-kind={isRunning ? undefined : "primary"}
            // The second half of a double click does not stop what the first has started.
            onClick={(event) => event.detail > 1 && event.preventDefault()}
          >
            {isRunning ? "Stop" : "Run"}
          </button>
        </form>
        {run && <Outcome run={run} />}
      </div>
    </section>
  );
}

function Field({ id, label, children }: { id: string; label: string; children: ReactNode }): ReactNode {
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children}
    </div>
  );
}

interface SelectProps {
  readonly id: string;
  readonly value: string;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  onChange(value: string): void;
}

function Select({ id, value, options, onChange }: SelectProps): ReactNode {
  return (
    <span className="select">
      <select id={id} value={value} onChange={({ target }) => onChange(target.value)} required>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
      <Icon name="down" />
    </span>
  );
}

/** Screen readers are told the outcome once, not each piece of the stream. */
function Outcome({ run }: { run: Run }): ReactNode {
  const { text, payment, problem, isOver } = run;
  const outcome = useRef<HTMLDivElement>(null);
  useEffect(() => {
    outcome.current?.scrollIntoView({ block: "nearest" });
  }, [payment]);
  return (
    <div className="outcome" ref={outcome}>
      {payment && <Paid run={run} payment={payment} />}
      <output aria-live="off" aria-busy={!isOver}>
        {text}
      </output>
      <div role="alert">
        <Problem>{problem}</Problem>
      </div>
      <p className="byok-hidden" role="status">
        {isOver && !problem && `Done: ${text}`}
      </p>
    </div>
  );
}

/** The headers of the answer, in words and as they are. */
function Paid({ run, payment }: { run: Run; payment: Payment }): ReactNode {
  const { payer, credits, errorCode } = payment;
  const { name } = catalogue[run.provider];
  return (
    <p className="paid">
      {payer && (
        <>
          <span data-tone={payer === "byok" ? "good" : "neutral"}>
            <Icon name={payer === "byok" ? "check" : "wallet"} />
            {payer === "byok" ? `Billed to your ${name} account` : `Costs ${creditsOf(credits ?? 0)}`}
          </span>
          <code>x-byok-funding: {payer}</code>
          <code>x-byok-credits: {credits}</code>
        </>
      )}
      {errorCode && <code>x-byok-error: {errorCode}</code>}
    </p>
  );
}
