/** Two functions of the ledger that meet at the worst moment. */
import { randomUUID } from "node:crypto";
import type { Client } from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { stack } from "../harness/worker-stack.ts";
import { connect, createUsers, envelope, waits } from "../harness/sessions.ts";

const { dbUrl } = stack;

let operator: Client;
let first: Client;
let second: Client;

beforeEach(async () => {
  [operator, first, second] = [
    await connect(dbUrl),
    await connect(dbUrl, "service_role"),
    await connect(dbUrl, "service_role"),
  ];
});

afterEach(() => Promise.all([operator, first, second].map((client) => client.end())));

/** A user with these credits. */
async function userWith(credits: number): Promise<string> {
  const [user = ""] = await createUsers(operator, 1);
  await operator.query("select byok.grant_credits($1, $2, 'test', $3)", [user, credits, randomUUID()]);
  return user;
}

/** Places a hold of 20 credits. */
async function open(client: Client, user: string, requestId: string = randomUUID()): Promise<string> {
  const { rows } = await client.query(
    "select hold_id from byok.place_hold($1, $2, 'kernel_build', 'openai', 'gpt-5.4-nano', 10, 10)",
    [user, requestId],
  );
  return rows[0].hold_id;
}

async function expire(...holds: string[]): Promise<void> {
  await operator.query("update byok.holds set expires_at = now() - interval '1 second' where id = any($1)", [holds]);
}

/** Runs `one` in a transaction that is committed when `other` already waits for it; the outcome of `other`. */
async function overtaking<T>(
  one: (client: Client) => Promise<unknown>,
  other: (client: Client) => Promise<T>,
  meanwhile?: () => Promise<unknown>,
): Promise<T> {
  await first.query("begin");
  await one(first);
  const outcome = other(second);
  const early = outcome.then(() => {
    throw new Error("The second did not wait for the first.");
  });
  await Promise.race([waits(operator, second), early]);
  await meanwhile?.();
  await first.query("commit");
  return outcome;
}

test("place_hold() gives the last credits to one of two calls", async () => {
  const user = await userWith(39);
  const loser = overtaking(
    (client) => open(client, user),
    (client) => open(client, user),
  );
  await expect(loser).rejects.toMatchObject({
    code: "PT402",
    detail: '{"price_credits": 20, "available_credits": 19}',
  });
});

test("place_hold() places one hold for a request id that comes twice", async () => {
  const user = await userWith(100);
  const loser = overtaking(
    (client) => open(client, user, "twice"),
    (client) => open(client, user, "twice"),
  );
  await expect(loser).rejects.toMatchObject({ code: "PT409", message: "request_in_progress" });
});

test("place_hold() has no credits to hold when the account is made after it has looked for it", async () => {
  const [user = ""] = await createUsers(operator, 1);
  const granter = await connect(dbUrl);
  try {
    // Both look for the account, then stand before the holds, and, if they should get that far, before the account.
    await operator.query("begin; lock table byok.holds in access exclusive mode");
    const outcomes = Promise.allSettled([first, second].map((client) => open(client, user, "twice")));
    const stand = () => Promise.all([first, second].map((client) => Promise.race([waits(operator, client), outcomes])));
    await stand();
    await granter.query("select byok.grant_credits($1, 100, 'test', $2)", [user, randomUUID()]);
    await granter.query("begin");
    await granter.query("select from byok.accounts where owner_id = $1 for update", [user]);
    await operator.query("commit");
    await stand();
    await granter.query("commit");
    for (const outcome of await outcomes)
      expect(outcome).toMatchObject({ reason: { message: "insufficient_credits" } });
  } finally {
    await granter.end();
  }
});

test("charge_hold() that waits for void_hold() charges nothing and says so", async () => {
  const user = await userWith(20);
  const hold = await open(first, user);
  const answer = await overtaking(
    (client) => client.query("select byok.void_hold($1, $2, false)", [user, hold]),
    (client) => client.query("select byok.charge_hold($1, $2)", [user, hold]),
  );
  expect(answer.rows).toEqual([{ charge_hold: "voided" }]);
  const { rows } = await operator.query(
    "select byok.to_credits(available_microcredits) as available, (select byok.to_credits(coalesce(sum(microcredits), 0)::bigint) from byok.holds where owner_id = $1) as held from byok.accounts where owner_id = $1",
    [user],
  );
  expect(rows).toEqual([{ available: "20", held: "0" }]);
});

test("charge_hold() that comes when place_hold() is giving the expired hold back charges nothing and says so", async () => {
  const user = await userWith(20);
  const hold = await open(first, user);
  await expire(hold);
  await operator.query("begin");
  await operator.query("select from byok.accounts where owner_id = $1 for update", [user]);
  const opening = open(first, user);
  await waits(operator, first);
  const settling = second.query("select byok.charge_hold($1, $2)", [user, hold]);
  await waits(operator, second);
  await operator.query("commit");
  expect((await settling).rows).toEqual([{ charge_hold: "voided" }]);
  await opening;
  const { rows } = await operator.query(
    "select byok.to_credits(available_microcredits) as available, (select byok.to_credits(coalesce(sum(microcredits), 0)::bigint) from byok.holds where owner_id = $1) as held from byok.accounts where owner_id = $1",
    [user],
  );
  expect(rows).toEqual([{ available: "0", held: "20" }]);
});

test("charge_hold() charges a hold that is past its time and was not swept, and the sweep passes it by", async () => {
  const user = await userWith(20);
  const hold = await open(first, user);
  await expire(hold);
  const { rows } = await overtaking(
    (client) => client.query("select byok.charge_hold($1, $2)", [user, hold]),
    (client) => client.query("select byok.expire_holds(1000)"),
  );
  expect(rows).toEqual([{ expire_holds: 0 }]);
  const { rows: entries } = await operator.query("select kind from byok.entries where id = $1", [hold]);
  expect(entries).toEqual([{ kind: "charge" }]);
});

test("grant_credits() grants once for a key that comes twice", async () => {
  const user = await userWith(1);
  const grant = (client: Client) =>
    client.query("select * from byok.grant_credits($1, 5, 'test', $2)", [user, `twice:${user}`]);
  const { rows } = await overtaking(grant, grant);
  expect(rows).toEqual([{ available_credits: "6", granted: false }]);
});

test("grant_credits() grants to one of two users for a key that both are granted by", async () => {
  const [winner, loser] = [await userWith(1), await userWith(1)];
  const grantTo = (user: string) => (client: Client) =>
    client.query("select byok.grant_credits($1, 5, 'test', $2)", [user, `both:${winner}`]);
  const refused = overtaking(grantTo(winner), grantTo(loser));
  await expect(refused).rejects.toMatchObject({ code: "PT409", message: "idempotency_key_reused" });
  const balances =
    "select byok.to_credits(available_microcredits) as available from byok.accounts where owner_id = any($1) order by owner_id = $2";
  const { rows } = await operator.query(balances, [[winner, loser], loser]);
  expect(rows).toEqual([{ available: "6" }, { available: "1" }]);
});

test("expire_holds() takes accounts in one order, so that two sweeps do not wait for each other in a circle", async () => {
  const [lower = "", higher = ""] = [await userWith(20), await userWith(20)].sort();
  const holds = [await open(first, higher), await open(first, lower)];
  // The hold that expired first is of the account that comes last.
  for (const hold of holds) await expire(hold);
  await overtaking(
    (client) => client.query("select byok.void_hold($1, $2, false)", [lower, holds[1]]),
    (client) => client.query("select byok.expire_holds(1000)"),
    () => operator.query("select from byok.accounts where owner_id = $1 for update nowait", [higher]),
  );
});

test("expire_holds() counts only what it has voided itself", async () => {
  const user = await userWith(40);
  await expire(await open(first, user), await open(first, user));
  const sweep = (client: Client) => client.query("select byok.expire_holds(1000)");
  const { rows } = await overtaking(sweep, sweep);
  expect(rows).toEqual([{ expire_holds: 0 }]);
});

test.each<[string, (client: Client, user: string, hold?: string) => Promise<unknown>]>([
  ["place_hold() that gives several holds back", (client, user) => open(client, user)],
  ["expire_holds() that gives several holds back", (client) => client.query("select byok.expire_holds(1000)")],
  ["charge_hold()", (client, user, hold) => client.query("select byok.charge_hold($1, $2)", [user, hold])],
])("%s and the deletion of its user do not wait for each other", async (_, sweep) => {
  const user = await userWith(40);
  const holds = [await open(first, user), await open(first, user)];
  await expire(...holds);
  // It has the account and waits for a hold; the deletion has the user and waits for the account.
  await operator.query("begin");
  await operator.query("select from byok.holds where id = any($1) for update", [holds]);
  const sweeping = sweep(first, user, holds[0]);
  await waits(operator, first);
  await second.query("reset role");
  const leaving = second.query("delete from auth.users where id = $1", [user]);
  await waits(operator, second);
  await operator.query("commit");
  expect(await Promise.allSettled([sweeping, leaving])).toMatchObject([
    { status: "fulfilled" },
    { status: "fulfilled" },
  ]);
});

test("save_credential() that replaces a key and the deletion of its user do not wait for each other", async () => {
  const user = await userWith(1);
  const save = (client: Client) =>
    client.query("select byok.save_credential($1, $2, 'openai', '', 'verified', $3, 1)", [
      user,
      randomUUID(),
      envelope,
    ]);
  await save(first);
  await operator.query("begin");
  await operator.query("select from byok.envelopes where owner_id = $1 for update", [user]);
  const saving = save(first);
  await waits(operator, first);
  await second.query("reset role");
  const leaving = second.query("delete from auth.users where id = $1", [user]);
  await waits(operator, second);
  await operator.query("commit");
  expect(await Promise.allSettled([saving, leaving])).toMatchObject([{ status: "fulfilled" }, { status: "fulfilled" }]);
});

test("expire_holds() sweeps the others' holds when a user is deleted meanwhile", async () => {
  const [leaving, staying] = [await userWith(20), await userWith(20)];
  const hold = await open(first, staying);
  await expire(await open(first, leaving), hold);
  await overtaking(
    async (client) => {
      await client.query("reset role");
      await client.query("delete from auth.users where id = $1", [leaving]);
    },
    (client) => client.query("select byok.expire_holds(1000)"),
  );
  expect((await operator.query("select from byok.holds where id = $1", [hold])).rowCount).toBe(0);
});
