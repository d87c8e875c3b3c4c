/** Postgres is killed and comes back: what callers are told meanwhile, and that the functions go on, whichever way they reach it. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type BreakableStack, startBreakableStack } from "./breakable-stack.ts";
import { Call, type User } from "./calls.ts";
import { balanceOf, expireHolds, usersWith } from "./ledger.ts";
import { withConnection } from "../harness/sessions.ts";

/** The tests of one way come one after the other, on a stack of their own; the ways side by side, since most of the time is waiting. */
const inTurn = { concurrent: false };

describe.concurrent.each(["direct", "data-api"] as const)("by way of %s", (way) => {
  let stack: BreakableStack;
  beforeAll(async () => {
    stack = await startBreakableStack({}, way);
  });
  afterAll(() => stack.stop());

  const newPayer = async () =>
    (await withConnection(stack.database.adminUrl, (client) => usersWith(stack, client, [100])))[0] as User;

  function post(user: User, path: string, body: object): Promise<Response> {
    return fetch(`${stack.url}/functions/v1/byok/${path}`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${user.accessToken}`,
        "content-type": "application/json",
        "x-byok-operation": "single_doc_regen",
      },
      body: JSON.stringify(body),
    });
  }

  async function callOf(user: User): Promise<Pick<Awaited<Call["ended"]>, "status" | "funding" | "refusal">> {
    const requestId = crypto.randomUUID();
    stack.provider.stopAt(requestId, "end");
    const { status, funding, refusal } = await new Call(stack, user, requestId).ended;
    return { status, funding, refusal };
  }

  const unavailable = { status: 503, funding: null, refusal: "database_unavailable" };
  const paid = { status: 200, funding: "platform", refusal: null };

  test("calls are refused while Postgres is away, and paid again after each of its restarts", inTurn, async () => {
    const user = await newPayer();
    for (const extent of ["all", "postmaster", "all"] as const) {
      expect(await callOf(user)).toEqual(paid);
      await stack.database.kill(extent);
      expect(await Promise.all(Array.from({ length: 8 }, () => callOf(user)))).toEqual(Array(8).fill(unavailable));
      await stack.revive();
      // A connection that broke may be found out by the first call that takes it.
      await expect.poll(() => callOf(user), { timeout: 20_000 }).toEqual(paid);
    }
    // Once, however many calls were refused.
    expect(stack.printed).toEqual([
      expect.stringMatching(
        way === "direct"
          ? /^BYOK: The database cannot be reached at the address in BYOK_DATABASE_URL, .*\.(?: \(\w+\))?$/
          : /^BYOK: The Data API of this project does not answer, .*\.(?: \(\w+\))?$/,
      ),
    ]);
  });

  test(
    "an answer that ends while Postgres is away stays charged, and the refund of one that breaks off is made up for",
    inTurn,
    async () => {
      const [user, other] = [await newPayer(), await newPayer()];
      const requestId = crypto.randomUUID();
      const answer = stack.provider.stopAt(requestId, "middle");
      const failing = stack.provider.stopAt(`${requestId}-fails`, "middle");
      const calls = [new Call(stack, user, requestId), new Call(stack, other, `${requestId}-fails`)] as const;
      await Promise.all([calls[0].comesTo("middle", answer), calls[1].comesTo("middle", failing)]);
      await stack.database.kill("all");
      answer.goOn("end");
      failing.goOn("break");
      expect(await calls[0].ended).toMatchObject({ isWhole: true });
      expect(await calls[1].ended).toMatchObject({ isWhole: false });
      await stack.revive();
      await withConnection(stack.database.adminUrl, async (client) => {
        await expect.poll(() => balanceOf(client, user)).toEqual({ available: 98, held: 0 });
        await expect.poll(() => balanceOf(client, other)).toEqual({ available: 100, held: 0 });
      });
    },
  );

  test("no whole answer passes that cannot be charged, and nothing is charged for it in the end", inTurn, async () => {
    const user = await newPayer();
    const requestId = crypto.randomUUID();
    const answer = stack.provider.stopAt(requestId, "silence");
    const call = new Call(stack, user, requestId);
    await call.comesTo("silence", answer);
    await stack.database.kill("all");
    answer.goOn("end");
    expect(await call.ended).toMatchObject({ status: 200, isWhole: false });
    await stack.revive();
    await withConnection(stack.database.adminUrl, async (client) => {
      await expireHolds(client, [user]);
      expect(await balanceOf(client, user)).toEqual({ available: 100, held: 0 });
    });
  });

  test("every function says so with 503, when to ask again, and nothing else", inTurn, async () => {
    const user = await newPayer();
    await stack.database.kill("all");
    const error = { code: "database_unavailable", message: "The database does not answer. Try again in a moment." };
    for (const [path, body] of [
      ["verify", { provider: "openai" }],
      ["save", { provider: "openai", api_key: "sk-of-the-user-1234567890" }],
      ["call/openai/v1/chat/completions", { model: "gpt-4.1-mini", messages: [] }],
    ] as const) {
      const response = await post(user, path, body);
      expect([response.status, response.headers.get("retry-after"), response.headers.get("x-should-retry")]).toEqual([
        503,
        "1",
        "false",
      ]);
      expect((await response.json()).error).toMatchObject(error);
    }
    await stack.revive();
  });
});
