/** Every way that an answer on credits can end has one stated outcome: the hold is settled, or it is voided. */
import type { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type BreakableStack, startBreakableStack } from "./breakable-stack.ts";
import { Call, operation, type User } from "./calls.ts";
import { balanceOf, expireHolds, saveKey, statesOf, usersWith } from "./ledger.ts";
import { type Answer, type AnswerOptions, answerUpTo, type Stage, wholeAnswer } from "./provider.ts";
import { connect } from "../harness/sessions.ts";

let stack: BreakableStack;
/** Gives up soon: on an answer that does not begin, and on one that does not go on. */
let impatient: BreakableStack;
let client: Client;
let impatientClient: Client;

beforeAll(async () => {
  stack = await startBreakableStack();
  impatient = await startBreakableStack({
    BYOK_CALL_TIMEOUT_MS: "1000",
    BYOK_STALL_TIMEOUT_MS: "1000",
  });
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

/** Waits until the hold is resolved, and checks how. */
async function expectHold({ user, call }: Underway, state: "settled" | "voided", on = client): Promise<void> {
  await expect.poll(() => statesOf(on, user, call.requestId)).toEqual([state]);
  expect(await balanceOf(on, user)).toEqual({
    available: state === "settled" ? 0 : operation.credits,
    held: 0,
  });
}

test("an answer that comes to its end is charged", async () => {
  const underway = await callUpTo("end");
  expect(await underway.call.ended).toMatchObject({
    status: 200,
    text: wholeAnswer,
    isWhole: true,
  });
  await expectHold(underway, "settled");
});

describe("when the client leaves", () => {
  test.each<[string, Stage, "settled" | "voided"]>([
    ["before the answer begins, nothing is charged", "silence", "voided"],
    ["between the headers and the first byte, nothing is charged", "headers", "voided"],
    ["in the middle of the answer, it is charged", "middle", "settled"],
    ["right after the last event, it is charged", "last event", "settled"],
  ])("%s", async (_, stage, state) => {
    const underway = await callUpTo(stage);
    expect(await balanceOf(client, underway.user)).toEqual({
      available: 0,
      held: operation.credits,
    });
    underway.call.leave();
    await expectHold(underway, state);
  });
});

describe("when the provider breaks off", () => {
  test.each<[string, Stage]>([
    ["before it answers", "silence"],
    ["between the headers and the first byte", "headers"],
    ["in the middle of the answer", "middle"],
    ["after the last event, without ending the answer", "last event"],
  ])("%s, nothing is charged", async (_, stage) => {
    const underway = await callUpTo(stage);
    underway.answer.goOn("break");
    const { isWhole, refusal, text } = await underway.call.ended;
    if (stage === "silence") expect(refusal).toBe("provider_unreachable");
    else
      expect({ isWhole, text }).toEqual({
        isWhole: false,
        text: answerUpTo(stage),
      });
    await expectHold(underway, "voided");
  });
});

test("nothing is charged when the provider answers with an error", async () => {
  const underway = await callUpTo("silence");
  underway.answer.goOn("refusal");
  expect(await underway.call.ended).toMatchObject({
    status: 503,
    refusal: null,
  });
  await expectHold(underway, "voided");
});

describe("when the answer has another length than its content-length says", () => {
  test("nothing is charged for one that is shorter", async () => {
    const underway = await callUpTo("last event", { excessLength: 1 });
    underway.answer.goOn("end");
    expect(await underway.call.ended).toMatchObject({
      isWhole: false,
      text: wholeAnswer,
    });
    await expectHold(underway, "voided");
  });

  test("one of just that length is charged", async () => {
    const underway = await callUpTo("end", { excessLength: 0 });
    expect(await underway.call.ended).toMatchObject({
      isWhole: true,
      text: wholeAnswer,
    });
    await expectHold(underway, "settled");
  });

  test("one that is longer is charged, and passed on as far as it was announced", async () => {
    const underway = await callUpTo("middle", { excessLength: -1 });
    underway.answer.goOn("end");
    expect(await underway.call.ended).toMatchObject({
      isWhole: true,
      text: wholeAnswer.slice(0, -1),
    });
    await expectHold(underway, "settled");
  });
});

describe("when the provider falls silent", () => {
  test("before it answers, nothing is charged", async () => {
    const underway = await callUpTo("silence", {}, impatient);
    expect(await underway.call.ended).toMatchObject({
      status: 504,
      refusal: "provider_timeout",
    });
    await expectHold(underway, "voided", impatientClient);
  });

  test.each<Stage>(["headers", "middle", "last event"])("at %s, nothing is charged", async (stage) => {
    const underway = await callUpTo(stage, {}, impatient);
    expect(await underway.call.ended).toMatchObject({
      isWhole: false,
      text: answerUpTo(stage),
    });
    await expectHold(underway, "voided", impatientClient);
  });
});

describe("when something else happens in the middle of an answer", () => {
  test("a key that the user saves pays the next call, and not this one", async () => {
    const underway = await callUpTo("middle");
    await saveKey(stack, underway.user);
    underway.answer.goOn("end");
    expect(await underway.call.ended).toMatchObject({ funding: "platform", text: wholeAnswer, isWhole: true });
    await expectHold(underway, "settled");
    const next = new Call(stack, underway.user, underway.call.requestId);
    expect(await next.ended).toMatchObject({ status: 200, funding: "byok" });
    expect(await statesOf(client, underway.user, underway.call.requestId)).toEqual(["settled"]);
  });

  test("the price is the one that it began with", async () => {
    const underway = await callUpTo("middle");
    const setPrice = "update byok.operations set price_microcredits = $2 * 1000000 where name = $1";
    await client.query(setPrice, [operation.name, 1000]);
    try {
      underway.answer.goOn("end");
      await expectHold(underway, "settled");
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
    expect(await next.ended).toMatchObject({ status: 402, refusal: "insufficient_credits" });
    const left = `select user_id from byok.accounts where user_id = $1
      union all select user_id from byok.holds where user_id = $1 union all select user_id from byok.entries where user_id = $1`;
    expect((await client.query(left, [user.id])).rows).toEqual([]);
  });

  test("a hold that expires and is swept stays given back, and the rest of the answer charges nothing", async () => {
    const underway = await callUpTo("middle");
    await expireHolds(client, [underway.user]);
    await expectHold(underway, "voided");
    underway.answer.goOn("end");
    expect(await underway.call.ended).toMatchObject({ text: wholeAnswer, isWhole: true });
    await stack.gate.resolved();
    await expectHold(underway, "voided");
  });
});

describe("when the function is killed in the middle of an answer", () => {
  test("the credits are held until the hold expires, and are given back then", async () => {
    const underway = await callUpTo("middle");
    await stack.kill("functions");
    await stack.revive();
    expect(await underway.call.ended).toMatchObject({ isWhole: false });
    await client.query("select byok.expire_holds(1000000)");
    expect(await statesOf(client, underway.user, underway.call.requestId)).toEqual(["pending"]);
    expect(await balanceOf(client, underway.user)).toEqual({
      available: 0,
      held: operation.credits,
    });
    await expireHolds(client, [underway.user]);
    await expectHold(underway, "voided");
  });

  test("the user's next call finds the expired credits, without any sweep", async () => {
    const { user, call } = await callUpTo("middle");
    await stack.kill("functions");
    await stack.revive();
    await client.query("update byok.holds set expires_at = now() - interval '1 second' where user_id = $1", [user.id]);
    const next = new Call(stack, user, crypto.randomUUID());
    expect(await next.ended).toMatchObject({ status: 200, isWhole: true });
    await expect.poll(() => statesOf(client, user, next.requestId)).toEqual(["settled"]);
    expect(await statesOf(client, user, call.requestId)).toEqual(["voided"]);
    expect(await balanceOf(client, user)).toEqual({ available: 0, held: 0 });
  });
});
