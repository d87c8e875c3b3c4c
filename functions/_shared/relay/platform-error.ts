/**
 * A provider's error as a user on credits sees it: named fields of bounded length, nothing else. Providers write into errors what
 * a model generated (Groq's `failed_generation`), which would be free output, and what only the operator may know of its account.
 */
import { isRecord } from "../json.ts";
import { withoutAccountIds } from "./redaction.ts";

/** Longest message that passes on, in characters: enough to say which field is wrong. */
const maxMessageLength = 400;

/** Fields that pass on, by the object that they stand in. All values are checked. */
const errorFields = ["message", "type", "code", "param", "status"];
const bodyFields = ["type", "code", "message", "param", "request_id", "sequence_number"];
const responseFields = ["id", "object", "status"];

/** Short names, as codes and fields are: letters, digits and what joins them, but nothing that could be a key. */
const isName = /^(?!.*[a-z0-9-]{20})[\w.:[\]-]{1,100}$/i;
const isId = /^[\w-]{1,100}$/;

/**
 * Where an error says what a model had generated until the provider gave up: https://console.groq.com/docs/errors, November 2026,
 * for tool calls and JSON that do not fit their schema. The provider may bill it.
 */
const generatedFields = ["failed_generation"];

/** Statuses that are about the request. An error with any other speaks of the provider, or of the account that asks it. */
const aboutTheRequest = [400, 404, 405, 409, 413, 415, 422];

/** Words about whose account it is, what it may do, and whether it can pay. */
const aboutTheAccount =
  /organi[sz]ation|\bproject|workspace|billing|\baccount|quota|\bplan\b|\btier\b|credit|balance|spend|subscri|payment|api.?key|permission|rate.?limit/i;

const instead = {
  account: "The provider cannot serve this request at the moment.",
  limit: "The provider is asked too often at the moment. Try again later.",
  provider: "The provider failed. Try again later.",
};

/**
 * @param status the answer's; 200 for an error inside an answer that began well
 * @param body the answer as JSON, or the data of an event; undefined if it was none
 */
export function platformError(status: number, body: unknown): Record<string, unknown> {
  const answer: unknown = Array.isArray(body) ? body[0] : body;
  const source = isRecord(answer) ? answer : {};
  const shown = pick(source, bodyFields, status);
  if (isRecord(source.error)) shown.error = errorOf(source.error, status);
  else if (typeof source.error === "string") shown.error = { message: messageFor(status, source.error, source) };
  if (isRecord(source.response)) {
    const { error } = source.response;
    shown.response = {
      ...pick(source.response, responseFields, status),
      output: [],
      error: isRecord(error) ? errorOf(error, status) : null,
    };
  }
  const isEmpty = shown.error === undefined && shown.response === undefined && shown.message === undefined;
  return isEmpty ? { ...shown, error: { message: messageFor(status, "", source) } } : shown;
}

/** Whether a model generated something before the error. */
export function holdsGeneration(body: unknown): boolean {
  const error = isRecord(body) && isRecord(body.error) ? body.error : {};
  return generatedFields.some((field) => error[field] !== undefined && error[field] !== null && error[field] !== "");
}

function errorOf(error: Record<string, unknown>, status: number): Record<string, unknown> {
  return { message: messageFor(status, "", error), ...pick(error, errorFields, status) };
}

function pick(source: Record<string, unknown>, fields: readonly string[], status: number): Record<string, unknown> {
  const shown: Record<string, unknown> = {};
  for (const field of fields) {
    const value = source[field];
    if (field === "message" && typeof value === "string") shown.message = messageFor(status, value, source);
    else if (typeof value === "number" || value === null) shown[field] = value;
    else if (typeof value === "string" && isShort(field, value) && !aboutTheAccount.test(value)) shown[field] = value;
  }
  return shown;
}

function isShort(field: string, value: string): boolean {
  return (field === "id" || field === "request_id" ? isId : isName).test(value);
}

/** The provider's words if they are about the request, or ours. */
function messageFor(status: number, message: string, { type, code }: Record<string, unknown>): string {
  if (status === 429) return instead.limit;
  if (aboutTheAccount.test(`${message} ${String(type)} ${String(code)}`)) return instead.account;
  if (message === "" || !aboutTheRequest.includes(status)) return instead.provider;
  return withoutAccountIds(message).slice(0, maxMessageLength);
}
