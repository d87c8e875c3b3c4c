/** A run of an operation through `call`: who pays for it, and its text as it arrives. */
import { useEffect, useRef, useState } from "react";
import type { ProviderId } from "../catalogue/index.ts";
import { type Byok, type Payment, readPayment } from "../client/index.ts";
import { announceChange } from "../components/index.ts";
import { creditsOf } from "../components/parts/format.ts";
import { english } from "../components/texts.ts";
import { generation, readText } from "./generation.ts";

export interface Question {
  readonly provider: ProviderId;
  readonly operation: string;
  readonly model: string;
  readonly prompt: string;
}

export interface Run {
  readonly provider: ProviderId;
  readonly text: string;
  readonly payment?: Payment;
  /** Why it ended before its end, in words. */
  readonly problem?: string;
  readonly isOver: boolean;
}

export interface Runner {
  /** The last one. */
  readonly run: Run | undefined;
  start(question: Question): Promise<void>;
  stop(): void;
}

/** One run after the other. A run ends with the page that shows it. */
export function useRun(byok: Byok): Runner {
  const [run, setRun] = useState<Run>();
  const stopping = useRef<AbortController>(null);
  useEffect(() => () => stopping.current?.abort(), []);

  async function start(question: Question): Promise<void> {
    const { signal } = (stopping.current = new AbortController());
    const add = (more: (known: Run) => Partial<Run>) => setRun((known) => known && { ...known, ...more(known) });
    setRun({ provider: question.provider, text: "", isOver: false });
    try {
      for await (const piece of ask(byok, question, signal)) {
        if (typeof piece === "string") add(({ text }) => ({ text: text + piece }));
        else add(() => ({ payment: piece }));
      }
    } catch (error) {
      const { message } = error as Error;
      add(() => ({ problem: signal.aborted ? "Stopped." : message }));
    }
    add(() => ({ isOver: true }));
    announceChange();
  }

  return { run, start, stop: () => stopping.current?.abort() };
}

/**
 * Who pays, as soon as the answer begins, then its text.
 *
 * @throws Error with words for the user
 */
async function* ask(byok: Byok, question: Question, signal: AbortSignal): AsyncGenerator<Payment | string> {
  const { provider, operation, model, prompt } = question;
  const { data: token, error } = await byok.token();
  if (error) throw new Error(error.message);
  const { data: endpoint, error: unknown } = await byok.endpoint(provider);
  if (unknown) throw new Error(unknown.message);
  const { path, headers, body } = generation(provider, model, prompt);
  const response = await fetch(`${endpoint.url}${path}`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      "x-byok-operation": operation,
      ...headers,
    },
    body: JSON.stringify(body),
    signal,
  }).catch(() => {
    throw new Error(english.errors.offline);
  });
  yield readPayment(response.headers);
  if (!response.ok || !response.body) throw new Error(await refusalIn(response));
  let isEmpty = true;
  for await (const piece of readText(provider, response.body)) {
    isEmpty &&= piece === "";
    yield piece;
  }
  if (isEmpty) throw new Error("The answer holds no text.");
}

/** Every provider, and so every refusal by the functions, puts its words into `error.message`; the platform's gateway does not. */
async function refusalIn(response: Response): Promise<string> {
  const answer = await response.json().catch(() => null);
  const { message, price_credits: price, available_credits: available } = answer?.error ?? {};
  if (typeof price === "number" && typeof available === "number") {
    return `This costs ${creditsOf(english, price)}, and you have ${creditsOf(english, available)}.`;
  }
  return String(message ?? `The server could not answer (HTTP ${response.status}). Try again in a moment.`);
}
