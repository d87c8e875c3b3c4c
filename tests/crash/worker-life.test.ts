/** Cost of a call on credits when the worker that answers it ends as a hosted one does, and when its client leaves unnoticed. */
import type { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hostedLives } from "../../stack/functions/worker-life.ts";
import { type BreakableStack, startBreakableStack } from "./breakable-stack.ts";
import { Call, type CallEnd, operation, type User } from "./calls.ts";
import { balanceOf, expireHolds, usersWith } from "./ledger.ts";
import { type Answer, answerUpTo, type Stage, wholeAnswer } from "./provider.ts";
import { brokenInvariants } from "../harness/database/invariants.ts";
import { connect } from "../harness/sessions.ts";

/** Short, and still long enough for a slow machine to begin a call and to charge it. */
const wallClock_ms = 8_000;

let stack: BreakableStack;
let client: Client;
const users: string[] = [];

beforeAll(async () => {
  stack = await startBreakableStack({}, "direct", { ...hostedLives.free, wallClock_ms });
  client = await connect(stack.database.adminUrl);
});
afterAll(async () => {
  await client?.end();
  await stack?.stop();
});

interface Underway {
  readonly user: User;
  readonly call: Call;
  readonly answer: Answer;
}

/** Begins the only call that a user can pay, and waits until its answer has come to a stage. */
async function callUpTo(stage: Stage): Promise<Underway> {
  const [user] = (await usersWith(stack, client, [operation.credits])) as [User];
  users.push(user.id);
  const requestId = crypto.randomUUID();
  const answer = stack.provider.stopAt(requestId, stage);
  const call = new Call(stack, user, requestId);
  await call.comesTo(stage, answer);
  return { user, call, answer };
}

/** Kinds of the user's entries after the grant, oldest first. */
async function entriesOf({ user }: Underway): Promise<string[]> {
  const sql = "select kind from byok.entries where owner_id = $1 and kind <> 'grant' order by created_at, id";
  return (await client.query<{ kind: string }>(sql, [user.id])).rows.map(({ kind }) => kind);
}

const balance = ({ user }: Underway) => balanceOf(client, user);
const paid = { available: 0, held: 0 };
const unpaid = { available: operation.credits, held: 0 };
const held = { available: 0, held: operation.credits };

test("a client that leaves before the answer begins is not noticed; when the answer begins, it is charged and given back", async () => {
  const underway = await callUpTo("silence");
  underway.call.leave();
  await underway.call.ended;
  // The functions, which have answered other calls since, still wait for the provider.
  for (let i = 0; i < 3; i++) await (await callUpTo("end")).call.ended;
  expect(await balance(underway)).toEqual(held);
  underway.answer.goOn("end");
  await expect.poll(() => entriesOf(underway)).toEqual(["charge", "refund"]);
  expect(await balance(underway)).toEqual(unpaid);
});

describe("when a worker's wall clock ends", () => {
  const underway = {} as Record<Stage, Underway>;
  /** How the calls ended that were begun one after the other meanwhile. */
  const others: CallEnd[] = [];

  beforeAll(async () => {
    for (const stage of ["silence", "headers", "middle", "last event"] as const)
      underway[stage] = await callUpTo(stage);
    let isOver = false;
    const ends = Promise.all(Object.values(underway).map(({ call }) => call.ended)).finally(() => (isOver = true));
    while (!isOver) others.push(await (await callUpTo("end")).call.ended);
    others.push(await (await callUpTo("end")).call.ended);
    await ends;
    await expireHolds(
      client,
      Object.values(underway).map(({ user }) => user),
    );
  });

  test("other calls are answered by the next worker, without a gap", () => {
    expect(stack.printed).toContain("A worker has ended: WallClockTime");
    expect(others.filter(({ isWhole, text }) => !isWhole || text !== wholeAnswer)).toEqual([]);
  });

  test.each(["headers", "middle", "last event"] as const)(
    "an answer that has come to its %s is charged",
    async (stage) => {
      expect(await underway[stage].call.ended).toMatchObject({ status: 200, isWhole: false, text: answerUpTo(stage) });
      expect(await entriesOf(underway[stage])).toEqual(["charge"]);
      expect(await balance(underway[stage])).toEqual(paid);
    },
  );

  test("a call whose answer has not begun is given back when its hold expires", async () => {
    expect((await underway.silence.call.ended).funding).toBeNull();
    expect(await entriesOf(underway.silence)).toEqual([]);
    expect(await balance(underway.silence)).toEqual(unpaid);
  });
});

test("the ledger adds up", async () => {
  expect(users).not.toHaveLength(0);
  expect(await brokenInvariants(client, { schema: "byok", users, byokUsers: [] })).toEqual([]);
});
