/** Whichever owners a user has, and whatever they have: open_call() takes key and credits of the one that docs/teams.md says. */
import fc from "fast-check";
import { Client } from "pg";
import { expect, test } from "vitest";
import { stack } from "../harness/worker-stack.ts";

interface Owner {
  readonly hasKey: boolean;
  readonly hasAccount: boolean;
}

const owner = fc.record({ hasKey: fc.boolean(), hasAccount: fc.boolean() });
const situations = fc.record({
  own: fc.option(owner),
  teams: fc.array(owner, { maxLength: 3 }),
  named: fc.option(fc.nat({ max: 2 })),
});

const userId = "00000000-0000-4000-8000-00000000001a";
const teamId = (index: number) => `20000000-0000-4000-8000-00000000001${index}`;

/** By the rules in words: the order of the owners, the first with a key, else the first with an account. */
function expected(own: Owner | null, teams: readonly Owner[], named: number | null): [string, string | null] | null {
  const all = teams.map((team, index) => ({ ...team, id: teamId(index) }));
  if (named !== null && named >= teams.length) return null;
  const asked = named === null ? all : [all[named]!];
  const owners = [...(own ? [{ ...own, id: null }] : []), ...asked];
  if (owners.length === 0) return null;
  const keyHolder = owners.find(({ hasKey }) => hasKey);
  if (keyHolder) return ["byok", keyHolder.id];
  const payers = named === null ? owners : owners.toReversed();
  return ["platform", (payers.find(({ hasAccount }) => hasAccount) ?? payers[0]!).id];
}

test("open_call() follows the order of owners, for keys and for credits", async () => {
  const client = new Client({ connectionString: stack.dbUrl });
  await client.connect();
  try {
    await client.query(`begin;
      create table public.tap_owners (owner_id uuid, kind text);
      create or replace function byok.owners_of(p_user_id uuid) returns table (owner_id uuid, kind text, role text)
      language sql stable security definer set search_path = '' as $$ select o.owner_id, o.kind, 'admin' from public.tap_owners as o $$;`);
    await client.query("insert into auth.users (id, email) values ($1, 'property@example.com')", [userId]);
    const add = async (id: string, kind: string, { hasKey, hasAccount }: Owner) => {
      await client.query("insert into public.tap_owners values ($1, $2)", [id, kind]);
      await client.query("insert into byok.owners values ($1, $2)", [id, kind === "user" ? id : null]);
      const key =
        "insert into byok.credentials (id, owner_id, provider, hint, status) values ($1, $1, 'openai', '', 'rejected')";
      if (hasKey) await client.query(key, [id]);
      if (hasAccount) await client.query("insert into byok.accounts (owner_id) values ($1)", [id]);
    };
    const property = fc.asyncProperty(situations, async ({ own, teams, named }) => {
      await client.query("savepoint situation");
      if (own) await add(userId, "user", own);
      for (const [index, team] of teams.entries()) await add(teamId(index), "team", team);
      const opened = await client
        .query("select payer, team_id from byok.open_call($1, 'openai', $2)", [
          userId,
          named === null ? null : teamId(named),
        ])
        .then(({ rows: [row] }) => [row.payer, row.team_id])
        .catch((error: Error) => (error.message === "not_a_member" ? null : Promise.reject(error)));
      await client.query("rollback to savepoint situation");
      expect(opened).toEqual(expected(own, teams, named));
    });
    await fc.assert(property, { numRuns: 60 });
  } finally {
    await client.query("rollback");
    await client.end();
  }
});
