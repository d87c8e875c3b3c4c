import { describe, expect, test } from "vitest";
import { inBatches } from "../../../functions/_shared/database/batches.ts";
import { databaseUnavailable } from "../../../functions/_shared/database/failures.ts";
import { databaseOver, type Rpc } from "../../../functions/_shared/database/rpc.ts";
import type { OpenedCall } from "../../../functions/_shared/database/types.ts";
import { ByokError } from "../../../functions/_shared/errors.ts";

interface Step {
  step: string;
  user_id: string;
  provider?: string;
  hold_id?: number;
}
interface Row {
  number: number;
  answer: unknown;
  refusal: unknown;
}
interface Statement {
  readonly steps: readonly Step[];
  sent(): void;
  answer(rows: readonly Row[]): void;
  fail(error: unknown): void;
}

/**
 * A database whose batches are answered by hand, and which answers itself what is asked outside of one.
 *
 * @param isPrompt false if each batch is also sent by hand
 */
function batches(
  alone: (name: string, parameters: Record<string, unknown>) => unknown = () => [],
  { isPrompt = true } = {},
) {
  const statements: Statement[] = [];
  const rpc = (async (name: string, parameters: { p_steps: Step[] }, sent: () => void) => {
    if (name !== "run_batch") return await alone(name, parameters as never);
    const { promise, resolve, reject } = Promise.withResolvers<readonly Row[]>();
    statements.push({ steps: parameters.p_steps, sent, answer: resolve, fail: reject });
    if (isPrompt) sent();
    return await promise;
  }) as unknown as Rpc;
  const database = databaseOver(inBatches(rpc));
  const open = (user: string, provider = "p") => database.openCall(user, provider as "openai");
  return { database, statements, open };
}

const byok = (credentialId: string) => ({
  payer: "byok",
  team_id: null,
  credential_id: credentialId,
  envelope: "QllL",
  status: "verified",
  reason: null,
});
const opened = (credentialId: string): OpenedCall => ({
  ...{ payer: "byok", teamId: null, credentialId, envelope: "QllL", status: "verified", reason: null },
});
/** Answers every step with the user and the provider it has. */
const echo = ({ steps }: Statement): Row[] =>
  steps.map((step, at) => ({ number: at + 1, answer: byok(`${step.user_id} ${step.provider}`), refusal: null }));
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("inBatches()", () => {
  test("asks at once for a single step", () => {
    const { statements, database } = batches();
    void database.refundCharge("ada", 7, { microcredits: 3, reason: "unused", usage: null }).catch(() => undefined);
    expect(statements.map(({ steps }) => steps)).toEqual([
      [{ step: "refund_charge", owner_id: "ada", charge_id: 7, microcredits: 3, reason: "unused" }],
    ]);
  });

  test("sends along in the next statement what came meanwhile, and gives each its own answer", async () => {
    const { statements, open, database } = batches();
    const first = open("ada", "1");
    const later = [open("bob", "2"), open("cyd", "3")];
    const [charged, voided] = [database.chargeHold("dan", 1), database.voidHold("ada", 2, true)];
    await turn();
    expect(statements).toHaveLength(1);
    statements[0]?.answer(echo(statements[0]));
    await expect(first).resolves.toEqual(opened("ada 1"));
    expect(statements[1]?.steps).toMatchObject([
      { step: "open_call", user_id: "bob", provider: "2" },
      { step: "open_call", user_id: "cyd", provider: "3" },
      { step: "charge_hold", owner_id: "dan", hold_id: 1 },
      { step: "void_hold", owner_id: "ada", hold_id: 2, was_asked: true },
    ]);
    // In whichever order the rows come.
    statements[1]?.answer(echo(statements[1]).reverse());
    await expect(Promise.all(later)).resolves.toEqual([opened("bob 2"), opened("cyd 3")]);
    await expect(Promise.all([charged, voided])).resolves.toEqual(["voided", "voided"]);
    await turn();
    expect(statements).toHaveLength(2);
  });

  test.each([
    ["is on its way", ({ sent }: Statement) => sent()],
    ["fails without being sent", ({ fail }: Statement) => fail(databaseUnavailable())],
  ])("gives the answers of a statement out when the next one %s", async (_, goOn) => {
    const { statements, open } = batches(undefined, { isPrompt: false });
    let isAnswered = false;
    const first = open("ada").finally(() => (isAnswered = true));
    const second = open("bob").catch(({ code }) => code);
    statements[0]?.answer(echo(statements[0]));
    await turn();
    expect(statements.map(({ steps }) => steps.length)).toEqual([1, 1]);
    expect(isAnswered).toBe(false);
    goOn(statements[1]!);
    await expect(first).resolves.toEqual(opened("ada p"));
    statements[1]?.answer(echo(statements[1]));
    expect([opened("bob p"), "database_unavailable"]).toContainEqual(await second);
  });

  test("gives the answers of a statement out at once when none is to follow", async () => {
    const { statements, open } = batches(undefined, { isPrompt: false });
    const call = open("ada");
    statements[0]?.answer(echo(statements[0]));
    await expect(call).resolves.toEqual(opened("ada p"));
    expect(statements).toHaveLength(1);
  });

  test("puts 32 steps into a statement at most, and has one under way", async () => {
    const { statements, open } = batches();
    const calls = Array.from({ length: 200 }, (_, user) => open(`user ${user}`));
    for (let done = 0; done < statements.length; done++) {
      expect(statements).toHaveLength(done + 1);
      statements[done]?.answer(echo(statements[done]!));
      await turn();
    }
    expect(await Promise.all(calls)).toHaveLength(200);
    expect(statements.map(({ steps }) => steps.length)).toEqual([1, 32, 32, 32, 32, 32, 32, 7]);
  });

  test("refuses those who are refused, and nobody else", async () => {
    const { statements, open } = batches();
    const [first, ...calls] = [open("ada"), open("bob"), open("cyd"), open("dan")];
    statements[0]?.answer(echo(statements[0]));
    await first;
    await turn();
    const details = '{"price_credits": 10, "available_credits": 3}';
    statements[1]?.answer([
      { number: 1, answer: null, refusal: { code: "PT402", message: "insufficient_credits", details } },
      { number: 2, answer: byok("cyd"), refusal: null },
      { number: 3, answer: null, refusal: { code: "22P02", message: "s3cret", details: "" } },
    ]);
    await expect(calls[0]).rejects.toMatchObject({
      code: "insufficient_credits",
      details: { price_credits: 10, available_credits: 3 },
    });
    await expect(calls[1]).resolves.toEqual(opened("cyd"));
    await expect(calls[2]).rejects.toThrow(new ByokError("internal"));
  });

  test.each(["55P03", "40P01", "40001", "42883"])("sends a step alone if a batch failed it with %s", async (code) => {
    const asked: string[] = [];
    const { statements, database, open } = batches((name, parameters) => {
      asked.push(`${name} ${Object.values(parameters).join(" ")}`);
      return [name === "open_call" ? byok("alone") : "charged"];
    });
    const locked = (statement: Statement) =>
      statement.steps.map((_, at) => ({ number: at + 1, answer: null, refusal: { code } }));
    const calls = [open("ada"), database.chargeHold("bob", 1), database.voidHold("cyd", 2, false)];
    for (const at of [0, 1]) {
      statements[at]?.answer(locked(statements[at]!));
      await turn();
    }
    await expect(Promise.all(calls)).resolves.toEqual([opened("alone"), "charged", "charged"]);
    expect(asked).toEqual(["open_call ada p", "charge_hold bob 1", "void_hold cyd 2 false"]);
    expect(statements).toHaveLength(2);
  });

  test("lets three wait for locked accounts at once, and the others in their turn", async () => {
    const waiting: ((rows: unknown[]) => void)[] = [];
    const { statements, open } = batches(() => new Promise((resolve) => waiting.push(resolve)));
    const calls = Array.from({ length: 8 }, (_, user) => open(`user ${user}`));
    for (let at = 0; at < statements.length; at++) {
      const refusal = { code: "55P03" };
      statements[at]?.answer(statements[at]!.steps.map((_, index) => ({ number: index + 1, answer: null, refusal })));
      await turn();
    }
    for (let answered = 0; answered < 8; answered++) {
      expect(waiting).toHaveLength(Math.min(8, answered + 3));
      waiting[answered]?.([byok("alone")]);
      await turn();
    }
    expect(await Promise.all(calls)).toEqual(Array(8).fill(opened("alone")));
  });

  test("tells everybody when a statement fails, asks nothing twice, and goes on", async () => {
    const { statements, open } = batches();
    const [first, ...calls] = [open("ada"), open("bob"), open("cyd")];
    statements[0]?.answer(echo(statements[0]));
    await first;
    await turn();
    statements[1]?.fail(databaseUnavailable());
    for (const call of calls) await expect(call).rejects.toMatchObject({ code: "database_unavailable" });
    const next = open("cyd");
    statements[2]?.answer(echo(statements[2]));
    await expect(next).resolves.toEqual(opened("cyd p"));
    expect(statements).toHaveLength(3);
  });

  test("is internal for a step without a row", async () => {
    const { statements, open } = batches();
    const call = open("ada");
    statements[0]?.answer([]);
    await expect(call).rejects.toThrow(new ByokError("internal"));
  });
});
