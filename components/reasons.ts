/** Why a key is in its state, in one sentence for its user. */
import { type ReasonText, reasons } from "../catalogue/reasons.ts";
import type { Reason } from "../client/types.ts";

/** Undefined for no reason, and for one that only a newer server knows. */
export function textOf(reason: Reason | null | undefined): ReasonText | undefined {
  return reason ? reasons[reason] : undefined;
}

/** @param name the provider's */
export function inWords({ sentence }: ReasonText, name: string): string {
  return sentence.replaceAll("{name}", name);
}
