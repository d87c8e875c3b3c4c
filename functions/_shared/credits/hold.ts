/** The hold of one call, from when it is placed until it is ended: each step off the critical path, and each of them once. */
import type { Database, Hold, Refund } from "../database/types.ts";
import { ByokError } from "../errors.ts";
import { keepAlive } from "../keep-alive.ts";

export interface CallHold extends Hold {
  /**
   * Charges the hold. Call it when the provider's answer begins.
   *
   * @returns settled when the charge is recorded; rejects if it cannot be, and then no whole answer may pass
   */
  charge(): Promise<void>;
  /**
   * Gives the hold back, instead of `charge`.
   *
   * @param wasAsked whether the provider may charge for the call
   */
  release(wasAsked: boolean): void;
  /** Gives back of the charge, once it is recorded. Call it when the answer has ended, also with nothing to give back. */
  finish(refund: Refund | null): void;
}

type Ledger = Pick<Database, "chargeHold" | "voidHold" | "refundCharge">;

export function followHold(ledger: Ledger, ownerId: string, hold: Hold): CallHold {
  const ended = Promise.withResolvers<void>();
  keepAlive(ended.promise);
  let charged: Promise<void> | null = null;
  let isEnded = false;

  /** Runs the last step, if none has been; that it failed is nobody's to hear. */
  function end(lastStep: () => Promise<unknown>): void {
    if (isEnded) return;
    isEnded = true;
    lastStep()
      .catch(() => undefined)
      .finally(ended.resolve);
  }
  async function recordCharge(): Promise<void> {
    const outcome = await retryUntilResolved(() => ledger.chargeHold(ownerId, hold.id));
    if (outcome === "voided") throw new ByokError("internal");
  }

  return {
    ...hold,
    charge() {
      charged ??= recordCharge();
      charged.catch(() => undefined);
      return charged;
    },
    release: (wasAsked) => end(() => retryUntilResolved(() => ledger.voidHold(ownerId, hold.id, wasAsked))),
    finish: (refund) =>
      end(async () => {
        await charged;
        if (refund) await retryUntilResolved(() => ledger.refundCharge(ownerId, hold.id, refund));
      }),
  };
}

/** How long to wait before a database that was away is asked again, in ms; in all about as long as a restart takes. */
const retryDelays_ms = [500, 2_000, 8_000];

/**
 * Asks also when the database is away for a moment. Whether it had heard of it before does not matter: the second time changes
 * nothing. A hold whose end is not recorded expires.
 */
async function retryUntilResolved<Result>(ask: () => Promise<Result>): Promise<Result> {
  for (const delay_ms of [...retryDelays_ms, null]) {
    try {
      return await ask();
    } catch (error) {
      const isAway = error instanceof ByokError && error.code === "database_unavailable";
      if (!isAway || delay_ms === null) throw error;
      await new Promise((over) => setTimeout(over, delay_ms));
    }
  }
  throw new ByokError("internal");
}
