/** The two ways to the billing functions: a connection of one's own, or the batches of an isolate, as the product sends them. */
import type { Client } from "pg";
import { inBatches } from "../../functions/_shared/database/batches.ts";
import { askDirectly } from "../../functions/_shared/database/direct.ts";
import { type Ask, type DatabaseFailure, rpcOver } from "../../functions/_shared/database/failures.ts";
import type { FunctionName, Parameters, Rows, Rpc } from "../../functions/_shared/database/rpc.ts";
import { nodeSockets } from "../harness/database/node-sockets.ts";

/** The functions that go into a batch. */
export const batched = ["open_call", "place_hold", "charge_hold", "void_hold", "refund_charge"] as const;
export type Batched = (typeof batched)[number];

/**
 * Each call is a statement of its own on the session.
 *
 * @returns an Rpc that throws Postgres's own errors
 */
export function rpcOf(session: Client, schema: string): Rpc {
  return async <Name extends FunctionName>(name: Name, parameters: Parameters<Name>) => {
    const places = Object.keys(parameters).map((parameter, index) => `${parameter} => $${index + 1}`);
    const { rows } = await session.query<{ row: unknown }>(
      `select to_json(r) as row from ${schema}.${name}(${places.join(", ")}) as r`,
      Object.values(parameters),
    );
    return rows.map(({ row }) => row) as Rows<Name>;
  };
}

/** Hears how a step failed, inside a batch or alone, before the product makes its own refusal of it. */
export type Listener = (name: Batched, failure: DatabaseFailure) => void;

/**
 * The functions of one isolate: the product's queue, repetitions and refusals, over its own connections.
 *
 * @param url of the role of the functions
 */
export function startIsolate(url: string, hear: Listener): { rpc: Rpc; close(): Promise<void> } {
  const { ask, close } = askDirectly({ url, tls: false, sockets: nodeSockets });
  const overheard: Ask = async (name, parameters, sent) => {
    const outcome = await ask(name, parameters, sent);
    const { p_steps: steps } = parameters as unknown as { p_steps?: readonly { step: Batched }[] };
    for (const failed of failuresOf(name as Batched, steps, outcome)) hear(failed.name, failed.failure);
    return outcome;
  };
  return { rpc: inBatches(rpcOver(overheard, "direct")), close };
}

function failuresOf(
  name: Batched,
  steps: readonly { step: Batched }[] | undefined,
  outcome: Awaited<ReturnType<Ask>>,
): { name: Batched; failure: DatabaseFailure }[] {
  if ("failure" in outcome) {
    const names = steps?.map(({ step }) => step) ?? [name];
    return names.map((name) => ({ name, failure: outcome.failure }));
  }
  if (!steps) return [];
  const rows = outcome.rows as unknown as { number: number; refusal: DatabaseFailure | null }[];
  return rows.flatMap(({ number, refusal }) => {
    return refusal ? [{ name: steps[number - 1]!.step, failure: refusal }] : [];
  });
}

/** As the functions have it, but for some clients whose project has set another one. */
export function isolationOf(client: number): string {
  return { 3: "repeatable read", 7: "serializable" }[client % 8] ?? "read committed";
}

/** Half of those at the usual level share the statements of one isolate. */
export function isInBatches(client: number): boolean {
  return client % 2 === 0;
}
