/** Classifies a provider's answer: the first row of the catalogue that matches it says what it means for the API key. */
import { sharedAnswers } from "../../../catalogue/shared-answers.ts";
import type { AnswerRow, Dialect } from "../../../catalogue/types.ts";
import { isRecord } from "../json.ts";
import { type ApiError, readError } from "./api-errors.ts";
import type { Answer, Provider, Reason, Verdict } from "./types.ts";

export interface Classified {
  /** Null if the answer says nothing about the key, as with a bad request. */
  readonly verdict: Verdict | null;
  readonly reason: Reason | null;
  /** The answer is about the model that was asked for; another one may do. */
  readonly isOfModel: boolean;
  /** The chat endpoint does not serve the model; the Responses endpoint may. */
  readonly isElsewhere: boolean;
}

/** The rows for a provider, most specific first: its own, then the shared ones. */
export function rowsFor(provider: Provider): readonly AnswerRow[] {
  return [...provider.answers, ...sharedAnswers];
}

/**
 * The row that decides about an error; undefined if none does.
 *
 * @param body the body as JSON; undefined if it was none
 */
export function rowOf(provider: Provider, answer: Answer): AnswerRow | undefined {
  const error = readError(provider, answer);
  return matchersFor(provider).find(({ matches }) => matches(error))?.row;
}

export function classify(provider: Provider, answer: Answer): Classified {
  const { status, body } = answer;
  if (status >= 200 && status < 300) {
    return finding(isOwnSuccess(provider.api.dialect, body) ? "verified" : "unverified");
  }
  if (status < 400) return finding("unverified");
  const row = rowOf(provider, answer);
  if (row) return { ...finding(row.verdict, row.because), isOfModel: !!row.ofModel, isElsewhere: !!row.elsewhere };
  return finding(readError(provider, answer).isOwn ? null : "unverified");
}

function finding(verdict: Verdict | null, reason: Reason | null = null): Classified {
  return { verdict, reason, isOfModel: false, isElsewhere: false };
}

/** Fields of lists of models and of generations. Each answer of the API has one of them. */
const successFields: Readonly<Record<Dialect, readonly string[]>> = {
  openai: ["data", "choices", "output", "object"],
  anthropic: ["data", "content"],
  google: ["models", "candidates", "promptFeedback", "usageMetadata"],
};

function isOwnSuccess(dialect: Dialect, body: unknown): boolean {
  // Together AI's list of models is nothing but the list.
  if (Array.isArray(body))
    return dialect === "openai" && body.every((row) => isRecord(row) && typeof row.id === "string");
  return isRecord(body) && !isRecord(body.error) && successFields[dialect].some((field) => Object.hasOwn(body, field));
}

interface Matcher {
  readonly row: AnswerRow;
  matches(error: ApiError): boolean;
}

const matchers = new WeakMap<Provider, readonly Matcher[]>();

function matchersFor(provider: Provider): readonly Matcher[] {
  let made = matchers.get(provider);
  if (!made) {
    made = rowsFor(provider).map(matcherOf);
    matchers.set(provider, made);
  }
  return made;
}

function matcherOf(row: AnswerRow): Matcher {
  const { status, code, type, reason, words, form, verdict } = row;
  const [isCode, isType, isReason] = [code, type, reason].map((pattern) => pattern && whole(pattern));
  const hasWords = words && new RegExp(words, "i");
  const refusesByWords = hasWords && !code && !type && !reason && (verdict === "rejected" || verdict === "no_credit");
  return {
    row,
    matches: (error) =>
      (form === "any" || error.isOwn) &&
      !(refusesByWords && mayRepeatRequest(error)) &&
      (status === undefined || (status === "5xx" ? error.status >= 500 : error.status === status)) &&
      (!isCode || isCode.test(error.code)) &&
      (!isType || isType.test(error.type)) &&
      (!isReason || error.reasons.some((given) => isReason.test(given))) &&
      (!hasWords || hasWords.test(error.message)),
  };
}

/**
 * An error about the model repeats the name that the request had for it. A member of a team could name one like the refusal of a
 * key, and the team's key would show as refused.
 */
function mayRepeatRequest({ status, message }: ApiError): boolean {
  return status === 404 || ((status === 400 || status === 422) && /\bmodels?\b/i.test(message));
}

function whole(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})$`, "i");
}
