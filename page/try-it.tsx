import { type FormEvent, type ReactNode, useId } from "react";
import { catalogue, type ProviderId } from "../catalogue/index.ts";
import type { Byok } from "../client/index.ts";
import { Head, Inset, Notices, ReadingFailed } from "../components/parts/parts.tsx";
import { creditsOf } from "../components/parts/format.ts";
import { english } from "../components/texts.ts";
import { Field, Select } from "./field.tsx";
import { billedTo, Outcome } from "./outcome.tsx";
import type { Choice } from "./use-choice.ts";
import { useRun } from "./use-run.ts";

interface TryItProps {
  readonly byok: Byok;
  readonly choice: Choice;
}

/** Runs one of the operations through `call`, streamed, and shows who paid. */
export function TryIt({ byok, choice }: TryItProps): ReactNode {
  const id = useId();
  const { run, start, stop } = useRun(byok);
  const { provider, operation, model, live } = choice;
  const isRunning = run?.isOver === false;

  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault();
    if (isRunning) return stop();
    const prompt = String(new FormData(event.currentTarget).get("prompt"));
    void start({ provider, operation, model, prompt });
  }

  return (
    <section className="byok" aria-labelledby={`${id}-title`}>
      <Head id={`${id}-title`} title="Run an operation" about="Streams an answer, and shows who paid for it." />
      <div className="byok-card">
        <Notices>
          {live.error && live.isEmpty && <ReadingFailed error={live.error} onRetry={() => void live.refresh()} />}
        </Notices>
        <form className="fields" onSubmit={submit}>
          <Selection id={id} choice={choice} />
          <Field id={`${id}-prompt`} label="Prompt">
            <textarea id={`${id}-prompt`} name="prompt" rows={3} defaultValue="Say hello in one sentence." required />
          </Field>
          <div className="run">
            <button
              type="submit"
              className="byok-button"
              data-kind={isRunning ? undefined : "primary"}
              // The second half of a double click does not stop what the first has started.
              onClick={(event) => event.detail > 1 && event.preventDefault()}
            >
              {isRunning ? "Stop" : "Run"}
            </button>
            <PriceLine choice={choice} />
          </div>
        </form>
        {run && <Outcome run={run} />}
      </div>
    </section>
  );
}

/** Provider, operation and model. */
function Selection({ id, choice }: { id: string; choice: Choice }): ReactNode {
  const { provider, operation, model, choose } = choice;
  const ofModel = choice.operations.map(({ name, label }) => ({ value: name, label }));
  return (
    <>
      <Field id={`${id}-provider`} label="Provider">
        <Select
          id={`${id}-provider`}
          value={provider}
          onChange={(value) => choose({ provider: value as ProviderId })}
          options={choice.providers.map(({ id: value, name }) => ({ value, label: name }))}
        />
      </Field>
      <Field id={`${id}-operation`} label="Operation">
        <Select
          id={`${id}-operation`}
          value={operation}
          onChange={(value) => choose({ operation: value })}
          options={ofModel}
        />
      </Field>
      <Field id={`${id}-model`} label="Model">
        <input
          id={`${id}-model`}
          value={model}
          onChange={({ target }) => choose({ model: target.value })}
          autoComplete="off"
          spellCheck={false}
          required
        />
      </Field>
    </>
  );
}

/** Who will pay, and how much. */
function PriceLine({ choice }: { choice: Choice }): ReactNode {
  const { price, provider } = choice;
  const { name } = catalogue[provider];
  if (!price) return null;
  if (price.payer === "byok") return <p className="price">{billedTo(name, price.owner)}</p>;
  if (price.payer === null) {
    return (
      <Inset tone="warning">
        Credits do not buy this. <a href="#keys">Add your own {name} key</a> to run it.
      </Inset>
    );
  }
  if (price.credits === null) return <p className="price">Costs credits by usage</p>;
  if (price.credits <= price.available) return <p className="price">Will cost {creditsOf(english, price.credits)}</p>;
  return (
    <Inset tone="warning">
      Costs {creditsOf(english, price.credits)}, and you have {creditsOf(english, price.available)}.{" "}
      <a href="#keys">Add your own {name} key</a> to run it for 0 credits.
    </Inset>
  );
}
