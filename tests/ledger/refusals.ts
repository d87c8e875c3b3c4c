/** How a function of the ledger may say no, and what is said instead of it. */
import { DatabaseError } from "pg";
import type { DatabaseFailure } from "../../functions/_shared/database/failures.ts";
import { ByokError } from "../../functions/_shared/errors.ts";
import type { Events } from "./events.ts";
import type { Step } from "./script.ts";
import type { Batched } from "./ways.ts";

export type Kind = Step["kind"] | "hold";

/** A function said no. */
export class Refusal {
  readonly refusal: string;
  /** Text of JSON. */
  readonly detail: string;

  constructor(refusal: string, detail: string) {
    this.refusal = refusal;
    this.detail = detail;
  }
}

/** Whether a transaction could not be serialized, which read committed never asks for; nothing of it remains. */
export function isRolledBack(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === "40001";
}

/** There is no such user. */
export const gone = "23503";

/** Each refusal that a function may answer with: as Postgres says it, and the product's code for it. A deadlock is on no list. */
const refusals: Partial<Record<Kind, readonly [postgres: string, product: string][]>> = {
  open: [
    ["PT401 unauthenticated", "unauthenticated"],
    ["PT403 not_a_member", "not_a_member"],
  ],
  hold: [
    ["PT401 unauthenticated", "unauthenticated"],
    ["PT403 not_a_member", "not_a_member"],
    ["PT402 insufficient_credits", "insufficient_credits"],
    ["PT409 request_in_progress", "request_in_progress"],
    ["PT409 request_completed", "request_completed"],
  ],
  // The functions refund only their own charges, so the code is unknown to them.
  refund: [["PT404 charge_not_found", "internal"]],
  grant: [
    ["PT409 idempotency_key_reused", ""],
    [`${gone} gone`, ""],
  ],
};

/** @returns the refusal, its text with the SQLSTATE, and whether the function documents it */
export function refusalOf(kind: Kind, error: unknown): { said: string; refusal: Refusal; isDocumented: boolean } {
  const { said, refusal } = error instanceof ByokError ? refusalOfProduct(error) : refusalOfPostgres(error);
  return { said, refusal, isDocumented: refusals[kind]?.some((entry) => entry.includes(said)) ?? false };
}

function refusalOfPostgres(error: unknown): { said: string; refusal: Refusal } {
  const { code, message, detail = "" } = error as DatabaseError;
  const name = code === gone ? "gone" : message;
  return { said: `${code} ${name}`, refusal: new Refusal(name, detail) };
}

function refusalOfProduct({ code, details }: ByokError): { said: string; refusal: Refusal } {
  return { said: code, refusal: new Refusal(code, JSON.stringify(details)) };
}

const kindOf: Readonly<Record<Batched, Kind>> = {
  ...{ open_call: "open", place_hold: "hold", charge_hold: "charge", void_hold: "void", refund_charge: "refund" },
};

/** A step in a batch finds a locked account, or is refused as it would be alone. The product hides all else, as by asking again. */
export function overhear({ outcomes, unexpected }: Events, name: Batched, { code, message }: DatabaseFailure): void {
  if (code === "55P03") outcomes.locked = (outcomes.locked ?? 0) + 1;
  else if (!refusals[kindOf[name]]?.some(([postgres]) => postgres === `${code} ${message}`))
    unexpected.push(`${kindOf[name]} of the isolate: ${code} ${message}`);
}
