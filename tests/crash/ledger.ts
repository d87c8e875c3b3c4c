/** Writes and reads in the database by a test of crashes. */
import { randomUUID } from "node:crypto";
import type { Client } from "pg";
import { createUsers } from "../harness/sessions.ts";
import type { BreakableStack } from "./breakable-stack.ts";
import type { User } from "./calls.ts";

/** Makes users, each with these credits. */
export async function usersWith(stack: BreakableStack, client: Client, credits: readonly number[]): Promise<User[]> {
  const ids = await createUsers(client, credits.length);
  const grants =
    "select byok.grant_credits(id, credits, 'test', $3) from unnest($1::uuid[], $2::numeric[]) as u (id, credits)";
  await client.query(grants.replace("$3", "id::text"), [ids, credits]);
  return Promise.all(ids.map(async (id) => ({ id, accessToken: await stack.tokenOf(id) })));
}

/** Saves a working API key of the user's own for OpenAI. */
export async function saveKey(stack: BreakableStack, user: User): Promise<void> {
  const response = await fetch(`${stack.url}/functions/v1/byok/save`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${user.accessToken}`,
      "content-type": "application/json",
    },
    body: JSON.stringify({
      provider: "openai",
      api_key: `sk-proj-${randomUUID()}`,
    }),
  });
  if (!response.ok) throw new Error(`A test user's API key could not be saved: ${response.status}.`);
}

/** Makes the holds of these users look as old as those of functions that died, and sweeps. */
export async function expireHolds(client: Client, users: readonly User[]): Promise<void> {
  await client.query("update byok.holds set expires_at = now() - interval '1 second' where owner_id = any($1)", [
    users.map(({ id }) => id),
  ]);
  await client.query("select byok.expire_holds(1000000)");
}

/** States of the calls with a request id, oldest first: `held`, `charged` or `refunded`; nothing of those that were voided. */
export async function statesOf(client: Client, user: User, requestId: string): Promise<string[]> {
  const { rows } = await client.query<{ state: string }>(
    `select id, 'held' as state from byok.holds where owner_id = $1 and request_id = $2
     union all
     select c.id, case when r.id is null then 'charged' else 'refunded' end from byok.entries as c
     left join byok.entries as r on r.owner_id = c.owner_id and r.charge_id = c.id and r.microcredits = c.microcredits
     where c.kind = 'charge' and c.owner_id = $1 and c.request_id = $2
     order by 1`,
    [user.id, requestId],
  );
  return rows.map(({ state }) => state);
}

export async function balanceOf(client: Client, user: User): Promise<{ available: number; held: number }> {
  const { rows } = await client.query(
    `select available_microcredits / 1e6 as available,
       (select coalesce(sum(microcredits), 0) / 1e6 from byok.holds where owner_id = $1) as held
     from byok.accounts where owner_id = $1`,
    [user.id],
  );
  return { available: Number(rows[0].available), held: Number(rows[0].held) };
}
