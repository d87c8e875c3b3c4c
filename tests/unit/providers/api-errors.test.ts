/** Our refusals in each provider's own form, so that its SDK raises its own typed error. */
import { describe, expect, test } from "vitest";
import { ByokError } from "../../../functions/_shared/errors.ts";
import { type ErrorCode, errors } from "../../../protocol/errors.ts";
import { errorBody } from "../../../functions/_shared/providers/api-errors.ts";
import type { Dialect } from "../../../catalogue/types.ts";

/** The types that Anthropic's SDK has typed errors for. */
const anthropicTypes: Record<number, string> = {
  400: "invalid_request_error",
  401: "authentication_error",
  402: "billing_error",
  403: "permission_error",
  404: "not_found_error",
  405: "invalid_request_error",
  409: "invalid_request_error",
  413: "request_too_large",
  426: "invalid_request_error",
  429: "rate_limit_error",
  500: "api_error",
  502: "api_error",
  503: "api_error",
  504: "timeout_error",
};

const googleStatuses: Record<number, string> = {
  400: "INVALID_ARGUMENT",
  401: "UNAUTHENTICATED",
  402: "FAILED_PRECONDITION",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  405: "UNIMPLEMENTED",
  409: "ABORTED",
  413: "INVALID_ARGUMENT",
  426: "FAILED_PRECONDITION",
  500: "INTERNAL",
  429: "RESOURCE_EXHAUSTED",
  502: "UNAVAILABLE",
  503: "UNAVAILABLE",
  504: "DEADLINE_EXCEEDED",
};

const message = expect.any(String);
const forms: Record<Dialect, (status: number) => unknown> = {
  openai: () => ({
    error: expect.objectContaining({ message, type: expect.any(String), param: null, code: expect.any(String) }),
  }),
  anthropic: (status) => ({
    type: "error",
    error: expect.objectContaining({ type: anthropicTypes[status], message }),
  }),
  google: (status) => ({
    error: { code: status, message, status: googleStatuses[status], details: [expect.any(Object)] },
  }),
};

describe.each(Object.keys(forms) as Dialect[])("errorBody() in the form of %s", (dialect) => {
  test.each(Object.keys(errors) as ErrorCode[])("puts %s", (code) => {
    const error = new ByokError(code, { message: "What went wrong.", details: { field: "model" } });
    const body = errorBody(dialect, error);
    expect(body).toEqual(forms[dialect](error.callStatus));
    const text = JSON.stringify(body);
    for (const part of ["What went wrong.", JSON.stringify(code), '"field":"model"']) expect(text).toContain(part);
  });
});
