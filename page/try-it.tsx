import { type FormEvent, type ReactNode, useCallback, useId, useRef, useState } from "react";
import { type Byok, type Funding, fundingOf, type ProviderId } from "../client/index.ts";
import { announceChange } from "../components/index.ts";
import { providers } from "../components/providers.ts";
import { useLive } from "../components/use-live.ts";
import { generation, models, readText } from "./generation.ts";

interface Run {
  readonly provider: ProviderId;
  readonly text: string;
  readonly funding?: Funding;
  readonly problem?: string;
  readonly isOver: boolean;
}

/** Runs one of the operations through `call`, streamed, and shows who paid. */
export function TryIt({ byok }: { byok: Byok }): ReactNode {
  const id = useId();
  const { data: operations = [] } = useLive(useCallback(() => byok.operations(), [byok]));
  const [provider, setProvider] = useState<ProviderId>("openai");
  const [operation, setOperation] = useState("kernel_build");
  const [model, setModel] = useState<string>();
  const [run, setRun] = useState<Run>();
  const stopping = useRef<AbortController>(null);
  const isRunning = run?.isOver === false;

  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    if (isRunning) return stopping.current?.abort();
    const prompt = String(new FormData(event.currentTarget).get("prompt"));
    const controller = new AbortController();
    stopping.current = controller;
    const add = (more: (known: Run) => Partial<Run>) => setRun((known) => known && { ...known, ...more(known) });
    setRun({ provider, text: "", isOver: false });
    try {
      const question = { provider, operation, model: model ?? models[provider], prompt, signal: controller.signal };
      for await (const piece of ask(byok, question)) {
        if (typeof piece === "string") add(({ text }) => ({ text: text + piece }));
        else add(() => ({ funding: piece }));
      }
    } catch (error) {
      const { message } = error as Error;
      add(() => ({ problem: controller.signal.aborted ? "Stopped." : message }));
    }
    add(() => ({ isOver: true }));
    announceChange();
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
        <form className="fields" onSubmit={(event) => void submit(event)}>
          <Field id={`${id}-provider`} label="Provider">
            <select
              id={`${id}-provider`}
              value={provider}
              onChange={({ target }) => {
                setProvider(target.value as ProviderId);
                setModel(undefined);
              }}
            >
              {providers.map((each) => (
                <option key={each.id} value={each.id}>
                  {each.name}
                </option>
              ))}
            </select>
          </Field>
          <Field id={`${id}-operation`} label="Operation">
            <select
              id={`${id}-operation`}
              value={operation}
              onChange={({ target }) => setOperation(target.value)}
              required
            >
              {operations.map(({ name, price_credits }) => (
                <option key={name} value={name}>
                  {name} · {price_credits} credits
                </option>
              ))}
            </select>
          </Field>
          <Field id={`${id}-model`} label="Model">
            <input
              id={`${id}-model`}
              value={model ?? models[provider]}
              onChange={({ target }) => setModel(target.value)}
              autoComplete="off"
              spellCheck={false}
              required
            />
          </Field>
          <Field id={`${id}-prompt`} label="Prompt">
            <textarea id={`${id}-prompt`} name="prompt" rows={3} defaultValue="Say hello in one sentence." required />
          </Field>
          <button type="submit" className="byok-button" data-kind="primary">
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

/** Screen readers are told the outcome once, not each piece of the stream. */
function Outcome({ run }: { run: Run }): ReactNode {
  const { provider, text, funding, problem, isOver } = run;
  const name = providers.find(({ id }) => id === provider)?.name ?? provider;
  return (
    <div className="outcome">
      <output aria-live="off" aria-busy={!isOver}>
        {text}
      </output>
      {problem && (
        <p className="said" role="alert">
          {problem}
        </p>
      )}
      {funding?.funding && (
        <p className="paid">
          <span>{funding.funding === "byok" ? `Billed to your ${name} account` : "Paid with credits"}</span>
          <code>x-byok-funding: {funding.funding}</code>
          <code>x-byok-credits: {funding.credits}</code>
        </p>
      )}
      {funding?.error && (
        <p className="paid">
          <code>x-byok-error: {funding.error}</code>
        </p>
      )}
      <p className="byok-hidden" role="status">
        {isOver && !problem && `Done: ${text}`}
      </p>
    </div>
  );
}

interface Question {
  readonly provider: ProviderId;
  readonly operation: string;
  readonly model: string;
  readonly prompt: string;
  readonly signal: AbortSignal;
}

/**
 * Who pays, as soon as the answer begins, then its text.
 *
 * @throws Error with words for the user
 */
async function* ask(byok: Byok, question: Question): AsyncGenerator<Funding | string> {
  const { provider, operation, model, prompt, signal } = question;
  const endpoint = byok.endpoint(provider);
  const token = await endpoint.token();
  if (!token.ok) throw new Error(token.error.message);
  const { path, headers, body } = generation(provider, model, prompt);
  const response = await fetch(`${endpoint.url}${path}`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${token.data}`,
      "content-type": "application/json",
      "x-byok-operation": operation,
      ...headers,
    },
    body: JSON.stringify(body),
    signal,
  }).catch(() => {
    throw new Error("The server could not be reached: check your connection and try again.");
  });
  yield fundingOf(response.headers);
  if (!response.ok || !response.body) throw new Error(await refusalIn(response));
  let isEmpty = true;
  for await (const piece of readText(provider, response.body)) {
    isEmpty &&= piece === "";
    yield piece;
  }
  if (isEmpty) throw new Error("The answer holds no text.");
}

/** Every provider, and so every refusal of ours, puts its words into `error.message`. */
async function refusalIn(response: Response): Promise<string> {
  const answer = await response.json().catch(() => null);
  return String(answer?.error?.message ?? `The answer was HTTP ${response.status}.`);
}
