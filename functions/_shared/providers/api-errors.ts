/** Errors in a provider's own form: reading theirs, and writing ours so that its SDK raises its own typed error. */
import type { Dialect, ErrorForm } from "../../../catalogue/types.ts";
import type { ByokError } from "../errors.ts";
import { isRecord, valueAt } from "../json.ts";
import type { Answer, Provider } from "./types.ts";

/** An error as the rows of the catalogue look at it; a field that is absent or no text is empty. */
export interface ApiError {
  readonly status: number;
  /** Whether it has the form of the provider's API. What has not comes from an edge or a proxy. */
  readonly isOwn: boolean;
  readonly code: string;
  /** For Google `error.status`. */
  readonly type: string;
  /** `ErrorInfo.reason`, ids of quotas, `details.error_code`. */
  readonly reasons: readonly string[];
  readonly message: string;
}

/** Longest text of an error that patterns are tried on, in characters. */
const maxLength = 2_000;
/** Most details of one error that are looked at. */
const maxDetails = 20;

export function readError({ api }: Pick<Provider, "api">, { status, body }: Answer): ApiError {
  // Google wraps an error in an array where a stream was asked for.
  const answer: unknown = Array.isArray(body) ? body[0] : body;
  for (const form of api.errorForms ?? []) {
    const error = inForm(form, answer);
    if (error) return { status, ...error };
  }
  return inDialect(api.dialect, status, answer);
}

/** An error in a form of the provider's own; undefined if the body has another one. */
function inForm(form: ErrorForm, answer: unknown): Omit<ApiError, "status"> | undefined {
  const at = (path: string | undefined) => (path === undefined ? "" : numberOrTextOf(valueAt(answer, path)));
  const [message, code, type] = [at(form.message), at(form.code), at(form.type)];
  if (!message || (form.code && !code) || (form.type && !type)) return undefined;
  return { isOwn: true, message, code, type, reasons: [] };
}

function inDialect(dialect: Dialect, status: number, answer: unknown): ApiError {
  const given = isRecord(answer) ? answer.error : undefined;
  const error = isRecord(given) ? given : {};
  const code = textOf(error.code);
  const type = textOf(dialect === "google" ? error.status : error.type);
  return {
    status,
    isOwn: isOwnForm(dialect, answer, error, code, type),
    code,
    type,
    reasons: reasonsIn(error.details),
    message: textOf(typeof given === "string" ? given : error.message),
  };
}

function isOwnForm(
  dialect: Dialect,
  answer: unknown,
  error: Record<string, unknown>,
  code: string,
  type: string,
): boolean {
  switch (dialect) {
    case "openai":
      return code !== "" || type !== "";
    case "anthropic":
      return isRecord(answer) && answer.type === "error" && type !== "";
    case "google":
      return typeof error.code === "number" && (type !== "" || Array.isArray(error.errors));
  }
}

/** Google's details are a list of records, Anthropic's one record. */
function reasonsIn(details: unknown): string[] {
  const rows: unknown[] = Array.isArray(details) ? details.slice(0, maxDetails) : [details];
  return rows.filter(isRecord).flatMap((row) => {
    const violations = Array.isArray(row.violations) ? row.violations.slice(0, maxDetails).filter(isRecord) : [];
    const quotas = violations.flatMap(({ quotaId, quotaMetric }) => [quotaId, quotaMetric]);
    return [row.reason, row.error_code, ...quotas].map(textOf).filter(Boolean);
  });
}

function numberOrTextOf(value: unknown): string {
  return typeof value === "number" ? String(value) : textOf(value);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value.slice(0, maxLength) : "";
}

/** A refusal by the functions, in a provider's own form. */
export function errorBody(dialect: Dialect, error: ByokError): unknown {
  const { code, message, details, callStatus } = error;
  switch (dialect) {
    case "openai":
      return { error: { message, type: "byok_error", param: null, code, ...details } };
    case "anthropic":
      return { type: "error", error: { type: anthropicType(callStatus), message, code, ...details } };
    case "google": {
      const info = { "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: code, metadata: details };
      const status = googleStatuses[callStatus] ?? "INTERNAL";
      return { error: { code: callStatus, message, status, details: [info] } };
    }
  }
}

/** https://platform.claude.com/docs/en/api/errors */
const anthropicTypes: Readonly<Record<number, string>> = {
  400: "invalid_request_error",
  401: "authentication_error",
  402: "billing_error",
  403: "permission_error",
  404: "not_found_error",
  413: "request_too_large",
  429: "rate_limit_error",
  504: "timeout_error",
};

function anthropicType(status: number): string {
  return anthropicTypes[status] ?? (status >= 500 ? "api_error" : "invalid_request_error");
}

/** https://cloud.google.com/apis/design/errors */
const googleStatuses: Readonly<Record<number, string>> = {
  400: "INVALID_ARGUMENT",
  401: "UNAUTHENTICATED",
  402: "FAILED_PRECONDITION",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  405: "UNIMPLEMENTED",
  409: "ABORTED",
  413: "INVALID_ARGUMENT",
  426: "FAILED_PRECONDITION",
  429: "RESOURCE_EXHAUSTED",
  502: "UNAVAILABLE",
  503: "UNAVAILABLE",
  504: "DEADLINE_EXCEEDED",
};
