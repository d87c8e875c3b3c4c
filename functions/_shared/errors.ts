/** A refusal by the functions, of the error table in protocol/. */
import { type ErrorCode, errors } from "../../protocol/errors.ts";

/** A refusal by the functions. The caller sees its message and details, so they never hold a key, an envelope or a prompt. */
export class ByokError extends Error {
  override readonly name = "ByokError";
  readonly code: ErrorCode;
  /** Further fields of the answer, such as `field`, `price_credits` or `verdict`. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, options: { message?: string; details?: Record<string, unknown> } = {}) {
    super(options.message ?? errors[code].message);
    this.code = code;
    this.details = options.details ?? {};
  }

  /** The same refusal with further fields. */
  withDetails(details: Record<string, unknown>): ByokError {
    return new ByokError(this.code, { message: this.message, details: { ...this.details, ...details } });
  }

  get status(): number {
    return errors[this.code].status;
  }

  get callStatus(): number {
    const entry: { status: number; callStatus?: number } = errors[this.code];
    return entry.callStatus ?? entry.status;
  }
}

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === "string" && Object.hasOwn(errors, value);
}
