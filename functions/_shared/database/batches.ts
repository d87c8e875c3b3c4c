/**
 * Opening calls and ending holds, many in one statement: what is asked for while one is under way goes along in the next. A round
 * trip, a transaction and a commit are then shared by all who are waiting. With two under way at once a request would wait less for
 * the one before it, but each would carry half as much: measured, that costs more than it saves.
 *
 * The next one is sent before the answers of the one before are given out. What they set off keeps the event loop busy, and Postgres
 * would do nothing meanwhile.
 */
import { ByokError } from "../errors.ts";
import { type DatabaseFailure, isRolledBack, isUnknownFunction, refusalOf } from "./failures.ts";
import type { FunctionName, Parameters, Rows, Rpc } from "./rpc.ts";

/** The functions that `run_batch` knows. Each answers one row, and concerns one user. */
const batched: ReadonlySet<FunctionName> = new Set<FunctionName>([
  "open_call",
  "place_hold",
  "charge_hold",
  "void_hold",
  "refund_charge",
]);

/** A function's name and its parameters, without the `p_` that they begin with in SQL. */
interface Step {
  readonly step: FunctionName;
  readonly [parameter: string]: unknown;
}

interface Waiting {
  readonly step: Step;
  resolve(answer: unknown): void;
  reject(error: unknown): void;
}

/** Most steps in a statement: of 64 calls at once some are then in Postgres while others are at work here. With fewer a step costs more. */
const maxSteps = 32;
/** The SQLSTATE of a step whose account was locked by somebody else. */
const lockNotAvailable = "55P03";
/** Steps at once that wait for a locked account: however many there are, they leave connections for the batches. */
const maxAlone = 3;

/** @returns `rpc`, but that the functions of a call share statements; those whose account is locked, or whose step is unknown, are then called on their own */
export function inBatches(rpc: Rpc): Rpc {
  const waiting: Waiting[] = [];
  let isUnderWay = false;
  const alone = limit(maxAlone);

  const enqueue = (step: Step): Promise<unknown> =>
    new Promise((resolve, reject) => {
      waiting.push({ step, resolve, reject });
      if (!isUnderWay) void sendAll();
    });

  async function sendAll(): Promise<void> {
    isUnderWay = true;
    let answerAll = () => {};
    while (waiting.length > 0) answerAll = await send(waiting.splice(0, maxSteps), answerAll);
    isUnderWay = false;
    answerAll();
  }

  /**
   * @param sent called once the batch is on its way
   * @returns gives each its answer, or its refusal
   */
  async function send(batch: readonly Waiting[], sent: () => void): Promise<() => void> {
    try {
      const rows = await rpc("run_batch", { p_steps: batch.map(({ step }) => step) as never }, sent);
      return () => answer(batch, rows);
    } catch (error) {
      return () => batch.forEach(({ reject }) => reject(error));
    } finally {
      // Of those who have their answer already it changes nothing.
      sent();
    }
  }

  return async <Name extends FunctionName>(name: Name, parameters: Parameters<Name>): Promise<Rows<Name>> => {
    if (!batched.has(name)) return await rpc(name, parameters);
    try {
      return [await enqueue(stepOf(name, parameters as object))] as Rows<Name>;
    } catch (thrown) {
      if (thrown instanceof ByokError) throw thrown;
      const refusal = thrown as DatabaseFailure;
      // An older schema may not know the step: alone it learns whether the function is missing too.
      const isForItself = refusal.code === lockNotAvailable || isRolledBack(refusal) || isUnknownFunction(refusal);
      if (isForItself) return await alone(() => rpc(name, parameters));
      throw refusalOf(refusal);
    }
  };
}

function answer(batch: readonly Waiting[], rows: Rows<"run_batch">): void {
  for (const { number, answer, refusal } of rows) {
    if (refusal === null) batch[number - 1]?.resolve(answer);
    else batch[number - 1]?.reject(refusal);
  }
  // The steps without a row; for the others it is too late to be refused.
  for (const { reject } of batch) reject({});
}

function stepOf(name: FunctionName, parameters: object): Step {
  const step: Record<string, unknown> & { step: FunctionName } = { step: name };
  for (const [parameter, value] of Object.entries(parameters)) step[parameter.slice("p_".length)] = value;
  return step;
}

/** Lets so many at once work, and the others when it is their turn. */
function limit(atOnce: number): <Result>(work: () => Promise<Result>) => Promise<Result> {
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
