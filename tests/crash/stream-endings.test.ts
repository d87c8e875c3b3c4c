/** Every way that an answer on credits can end has one stated outcome: the call is charged, its charge is refunded, or nothing of it is left. */
import type { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hostedLives } from "../../stack/functions/worker-life.ts";
import { type BreakableStack, startBreakableStack } from "./breakable-stack.ts";
import { Call, operation, type User } from "./calls.ts";
import { balanceOf, expireHolds, saveKey, statesOf, usersWith } from "./ledger.ts";
import { type Answer, type AnswerOptions, answerUpTo, type Stage, wholeAnswer } from "./provider.ts";
import { connect } from "../harness/sessions.ts";

let stack: BreakableStack;
/** Gives up soon, on an answer that does not begin and on one that does not go on, and its workers live as hosted ones do. */
let impatient: BreakableStack;
let client: Client;
let impatientClient: Client;

beforeAll(async () => {
  stack = await startBreakableStack();
  const soon = { BYOK_CALL_TIMEOUT_MS: "1000", BYOK_STALL_TIMEOUT_MS: "1000" };
  impatient = await startBreakableStack(soon, "data-api", hostedLives.free);
  [client, impatientClient] = [await connect(stack.database.adminUrl), await connect(impatient.database.adminUrl)];
});
afterAll(async () => {
  await Promise.all([client?.end(), impatientClient?.end()]);
  await Promise.all([stack?.stop(), impatient?.stop()]);
});

interface Underway {
  readonly user: User;
  readonly call: Call;
  readonly answer: Answer;
}

/** Begins a call of a user who can pay it just once, and waits until its answer has come to a stage. */
async function callUpTo(stage: Stage, options: AnswerOptions = {}, on = stack): Promise<Underway> {
  const [user] = (await usersWith(on, on === stack ? client : impatientClient, [operation.credits])) as [User];
  const requestId = crypto.randomUUID();
  const answer = on.provider.stopAt(requestId, stage, options);
  const call = new Call(on, user, requestId);
  await call.comesTo(stage, answer);
  return { user, call, answer };
}

/** Waits until the call has come to its end in the ledger, and checks how. */
async function expectOutcome(
  { user, call }: Underway,
  outcome: "charged" | "refunded" | "nothing",
  on = client,
): Promise<void> {
  await expect.poll(() => statesOf(on, user, call.requestId)).toEqual(outcome === "nothing" ? [] : [outcome]);
  expect(await balanceOf(on, user)).toEqual({ available: outcome === "charged" ? 0 : operation.credits, held: 0 });
}

test("an answer that comes to its end is charged", async () => {
  const underway = await callUpTo("end");
  expect(await underway.call.ended).toMatchObject({
    status: 200,
    text: wholeAnswer,
    isWhole: true,
  });
  await expectOutcome(underway, "charged");
});

describe("when the client leaves", () => {
  test.each<[string, Stage, "charged" | "refunded" | "nothing"]>([
    ["before the answer begins, nothing is charged", "silence", "nothing"],
    ["between the headers and the first byte, the charge is refunded", "headers", "refunded"],
    ["in the middle of the answer, it is charged", "middle", "charged"],
    ["right after the last event, it is charged", "last event", "charged"],
  ])("%s", async (_, stage, outcome) => {
    const underway = await callUpTo(stage);
    expect((await balanceOf(client, underway.user)).available).toBe(0);
    underway.call.leave();
    await expectOutcome(underway, outcome);
  });
});

describe("when the provider breaks off", () => {
  test.each<[string, Stage]>([
    ["before it answers", "silence"],
    ["between the headers and the first byte", "headers"],
    ["in the middle of the answer", "middle"],
    ["after the last event, without ending the answer", "last event"],
  ])("%s, nothing is charged, or the charge is refunded", async (_, stage) => {
    const underway = await callUpTo(stage);
    underway.answer.goOn("break");
    const { isWhole, refusal, text } = await underway.call.ended;
    if (stage === "silence") expect(refusal).toBe("provider_unreachable");
    else
      expect({ isWhole, text }).toEqual({
        isWhole: false,
        text: answerUpTo(stage),
      });
    await expectOutcome(underway, stage === "silence" ? "nothing" : "refunded");
  });
});

test("nothing is charged when the provider answers with an error", async () => {
  const underway = await callUpTo("silence");
  underway.answer.goOn("refusal");
  expect(await underway.call.ended).toMatchObject({
    status: 503,
    refusal: null,
  });
  await expectOutcome(underway, "nothing");
});

describe("when the answer has another length than its content-length says", () => {
  test("the charge is refunded for one that is shorter", async () => {
    const underway = await callUpTo("last event", { excessLength: 1 });
    underway.answer.goOn("end");
    expect(await underway.call.ended).toMatchObject({
      isWhole: false,
      text: wholeAnswer,
    });
    await expectOutcome(underway, "refunded");
  });

  test("one of just that length is charged", async () => {
    const underway = await callUpTo("end", { excessLength: 0 });
    expect(await underway.call.ended).toMatchObject({
      isWhole: true,
      text: wholeAnswer,
    });
    await expectOutcome(underway, "charged");
  });

  test("one that is longer is charged, and passed on as far as it was announced", async () => {
    const underway = await callUpTo("middle", { excessLength: -1 });
    underway.answer.goOn("end");
    expect(await underway.call.ended).toMatchObject({
      isWhole: true,
      text: wholeAnswer.slice(0, -1),
    });
    await expectOutcome(underway, "charged");
  });
});

describe("when the provider falls silent", () => {
  test("before it answers, nothing is charged", async () => {
    const underway = await callUpTo("silence", {}, impatient);
    expect(await underway.call.ended).toMatchObject({
      status: 504,
      refusal: "provider_timeout",
    });
    await expectOutcome(underway, "nothing", impatientClient);
  });

  test.each<Stage>(["headers", "middle", "last event"])("at %s, the charge is refunded", async (stage) => {
    const underway = await callUpTo(stage, {}, impatient);
    expect(await underway.call.ended).toMatchObject({
      isWhole: false,
      text: answerUpTo(stage),
    });
    await expectOutcome(underway, "refunded", impatientClient);
  });
});

describe("when something else happens in the middle of an answer", () => {
  test("a key that the user saves pays the next call, and not this one", async () => {
    const underway = await callUpTo("middle");
    await saveKey(stack, underway.user);
    underway.answer.goOn("end");
    expect(await underway.call.ended).toMatchObject({ funding: "platform", text: wholeAnswer, isWhole: true });
    await expectOutcome(underway, "charged");
    const next = new Call(stack, underway.user, underway.call.requestId);
    expect(await next.ended).toMatchObject({ status: 200, funding: "byok" });
    expect(await statesOf(client, underway.user, underway.call.requestId)).toEqual(["charged"]);
  });

  test("the price is the one that it began with", async () => {
    const underway = await callUpTo("middle");
    const setPrice = "update byok.prices set microcredits_per_call = $2 * 1000000 where operation = $1";
    await client.query(setPrice, [operation.name, 1000]);
    try {
      underway.answer.goOn("end");
      await expectOutcome(underway, "charged");
    } finally {
      await client.query(setPrice, [operation.name, operation.credits]);
    }
  });

  test("a user who is deleted gets the rest of it, leaves nothing, and has no further call on credits", async () => {
    const { user, call, answer } = await callUpTo("middle");
    await client.query("delete from auth.users where id = $1", [user.id]);
    answer.goOn("end");
    expect(await call.ended).toMatchObject({ text: wholeAnswer, isWhole: true });
    const next = new Call(stack, user, crypto.randomUUID());
    expect(await next.ended).toMatchObject({ status: 401, refusal: "unauthenticated" });
    const left = `select owner_id from byok.accounts where owner_id = $1
      union all select owner_id from byok.holds where owner_id = $1 union all select owner_id from byok.entries where owner_id = $1`;
    expect((await client.query(left, [user.id])).rows).toEqual([]);
  });

  test("a hold that expires and is swept before the answer begins stays given back, and no whole answer passes", async () => {
    const underway = await callUpTo("silence");
    await expireHolds(client, [underway.user]);
    await expectOutcome(underway, "nothing");
    underway.answer.goOn("end");
    expect(await underway.call.ended).toMatchObject({ isWhole: false });
    await stack.gate.resolved();
    await expectOutcome(underway, "nothing");
  });
});

describe("when the function is killed", () => {
  test("in the middle of an answer, it stays charged", async () => {
    const underway = await callUpTo("middle");
    await stack.kill("functions");
    await stack.revive();
    expect(await underway.call.ended).toMatchObject({ isWhole: false });
    await expireHolds(client, [underway.user]);
    await expectOutcome(underway, "charged");
  });

  test("before the answer begins, the credits are held until the hold expires, and are given back then", async () => {
    const underway = await callUpTo("silence");
    await stack.kill("functions");
    await stack.revive();
    await client.query("select byok.expire_holds(1000000)");
    expect(await statesOf(client, underway.user, underway.call.requestId)).toEqual(["held"]);
    expect(await balanceOf(client, underway.user)).toEqual({ available: 0, held: operation.credits });
    await expireHolds(client, [underway.user]);
    await expectOutcome(underway, "nothing");
  });

  test("the user's next call finds the expired credits, without any sweep", async () => {
    const { user, call } = await callUpTo("silence");
    await stack.kill("functions");
    await stack.revive();
    await client.query("update byok.holds set expires_at = now() - interval '1 second' where owner_id = $1", [user.id]);
    const next = new Call(stack, user, crypto.randomUUID());
    expect(await next.ended).toMatchObject({ status: 200, isWhole: true });
    await expect.poll(() => statesOf(client, user, next.requestId)).toEqual(["charged"]);
    expect(await statesOf(client, user, call.requestId)).toEqual([]);
    expect(await balanceOf(client, user)).toEqual({ available: 0, held: 0 });
  });
});
