/**
 * Opening calls and resolving holds, many in one statement: what is asked for while one is under way goes along in the next. A round
 * trip, a transaction and a commit are then shared by all who are waiting. With two under way at once a request would wait less for
 * the one before it, but each would carry half as much: measured, that costs more than it saves.
 */
import { ByokError } from "../errors.ts";
import { type DatabaseFailure, isRolledBack, refusalOf } from "./failures.ts";
import { type OpenedRow, openedCallOf, type Rpc } from "./rpc.ts";
import type { Database } from "./types.ts";

interface Step {
  readonly step: "open_call" | "settle_hold" | "void_hold";
  readonly user_id: string;
  readonly [parameter: string]: string | null;
}

interface Waiting {
  readonly step: Step;
  resolve(answer: unknown): void;
  reject(error: unknown): void;
}

/** Most steps in a statement, so that the first of them need not wait long for the last. */
const maxSteps = 64;
/** The SQLSTATE of a step whose account was locked by somebody else. */
const lockNotAvailable = "55P03";
/** Steps at once that wait for a locked account: however many there are, they leave connections for the batches. */
const maxAlone = 3;

/** @param alone what carries out a step by itself: for accounts that are locked, where a batch does not wait */
export function inBatches(rpc: Rpc, alone: Database): Pick<Database, "openCall" | "settleHold" | "voidHold"> {
  const waiting: Waiting[] = [];
  let isUnderWay = false;
  const inTurn = turns(maxAlone);

  const ask = (step: Step): Promise<unknown> =>
    new Promise((resolve, reject) => {
      waiting.push({ step, resolve, reject });
      if (!isUnderWay) void sendAll();
    });

  async function sendAll(): Promise<void> {
    isUnderWay = true;
    while (waiting.length > 0) await send(waiting.splice(0, maxSteps));
    isUnderWay = false;
  }

  async function send(batch: readonly Waiting[]): Promise<void> {
    try {
      const rows = await rpc("run_batch", { p_steps: batch.map(({ step }) => step) });
      for (const { number, answer, refusal } of rows) {
        if (refusal === null) batch[number - 1]?.resolve(answer);
        else batch[number - 1]?.reject(refusal);
      }
      // Whoever got no row; for the others it is too late to be refused.
      for (const { reject } of batch) reject({});
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  /** @param byItself the same step, not in a batch */
  async function carryOut<Result>(step: Step, resultOf: (answer: unknown) => Result, byItself: () => Promise<Result>) {
    let answer: unknown;
    try {
      answer = await ask(step);
    } catch (thrown) {
      if (thrown instanceof ByokError) throw thrown;
      const refusal = thrown as DatabaseFailure;
      if (refusal.code === lockNotAvailable || isRolledBack(refusal)) return await inTurn(byItself);
      throw refusalOf(refusal);
    }
    return resultOf(answer);
  }

  const nothing = () => undefined;
  return {
    openCall: (userId, provider, operation, requestId) =>
      carryOut(
        { step: "open_call", user_id: userId, provider, operation, request_id: requestId },
        (row) => openedCallOf(row as OpenedRow),
        () => alone.openCall(userId, provider, operation, requestId),
      ),
    settleHold: (userId, holdId) =>
      carryOut({ step: "settle_hold", user_id: userId, hold_id: holdId }, nothing, () =>
        alone.settleHold(userId, holdId),
      ),
    voidHold: (userId, holdId) =>
      carryOut({ step: "void_hold", user_id: userId, hold_id: holdId }, nothing, () => alone.voidHold(userId, holdId)),
  };
}

/** Lets so many at once work, and the others when it is their turn. */
function turns(atOnce: number): <Result>(work: () => Promise<Result>) => Promise<Result> {
  const queue: (() => void)[] = [];
  let free = atOnce;
  return async (work) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => queue.push(resolve));
    try {
      return await work();
    } finally {
      const next = queue.shift();
      if (next) next();
      else free++;
    }
  };
}
