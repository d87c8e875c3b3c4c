/** Users who have been there for a while: a saved key, credits, calls behind them and, for some, one under way. */
import { createHash } from "node:crypto";
import type { Client } from "pg";
import { envelope } from "../../tests/harness/sessions.ts";

/** Each user's calls on credits so far; one that was given back leaves nothing. */
const callsPerUser = 3;

/** The first users are the ones with a long ledger: so many in every size, with so many calls more. */
export const longTimeUsers = 10;
const longTimeCalls = 4_000;

/** One user in so many has a call under way. */
const usersPerPendingHold = 10;

/** Every user's saved key is for one provider and every team's for another, so calls to the third are paid from credits. */
export const providers = { byok: "anthropic", team: "groq", platform: "openai" } as const;

const usersPerTeam = 5;

/** As an app says who belongs where, with the index that docs/teams.md asks for. */
const teams = `
  create table public.members (user_id uuid, team_id uuid, primary key (user_id, team_id));
  grant select on public.members to postgres;
  create or replace function byok.owners_of(p_user_id uuid) returns table (owner_id uuid, kind text, role text)
  language sql stable security definer set search_path = '' as $$
    select p_user_id, 'user', 'admin'
    union all select m.team_id, 'team', 'member' from public.members as m where m.user_id = p_user_id;
  $$;`;

const granted_microcredits = 1_000_000_000_000;
const price_microcredits = 2_000_000;

/** The user of that number, from 1. */
export function userId(number: number): string {
  const hex = createHash("md5").update(`user ${number}`).digest("hex");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** Fills an empty database, and leaves it as autovacuum would in a quiet hour. */
export async function fill(client: Client, userCount: number): Promise<void> {
  // The rows fit each other by construction; checking each reference would take most of the time.
  await client.query("set session_replication_role = replica");
  const numbered = `(select n, md5('user ' || n)::uuid as owner_id from generate_series(1, ${userCount}) as n) as u`;
  await client.query(`
    insert into auth.users (id, email) select owner_id, n || '@example.com' from ${numbered};
    insert into byok.owners (id, user_id) select owner_id, owner_id from ${numbered};
    insert into byok.credentials (id, owner_id, provider, hint, status, verified_at)
      select md5('credential ' || n)::uuid, owner_id, '${providers.byok}', 'abcd', 'verified', now() from ${numbered};
    insert into byok.envelopes (credential_id, owner_id, envelope, kid)
      select md5('credential ' || n)::uuid, owner_id, '${envelope}', 1 from ${numbered};
    insert into byok.accounts (owner_id, available_microcredits) select owner_id, ${granted_microcredits} from ${numbered};
    insert into byok.entries (owner_id, kind, microcredits, reason, idempotency_key)
      select owner_id, 'grant', ${granted_microcredits}, 'welcome', 'welcome ' || n from ${numbered};`);
  const teamsOfUsers = `(select n, md5('team ' || n)::uuid as owner_id
    from generate_series(1, ${Math.ceil(userCount / usersPerTeam)}) as n) as t`;
  await client.query(`
    ${teams}
    insert into public.members select owner_id, md5('team ' || ((n + ${usersPerTeam - 1}) / ${usersPerTeam}))::uuid from ${numbered};
    insert into byok.owners (id) select owner_id from ${teamsOfUsers};
    insert into byok.credentials (id, owner_id, provider, hint, status, verified_at)
      select md5('credential of team ' || n)::uuid, owner_id, '${providers.team}', 'abcd', 'verified', now() from ${teamsOfUsers};
    insert into byok.envelopes (credential_id, owner_id, envelope, kid)
      select md5('credential of team ' || n)::uuid, owner_id, '${envelope}', 1 from ${teamsOfUsers};`);
  // One call of everybody after the other, so that what belongs to one user lies apart, as it does in life.
  for (let call = 1; call <= callsPerUser; call++) {
    await client.query(makeCalls(numbered, `'call ${call}'`, "charged"));
  }
  const longTime = `(select md5('user ' || n)::uuid as owner_id, call
    from generate_series(1, ${longTimeCalls}) as call, generate_series(1, ${longTimeUsers}) as n order by call) as u`;
  await client.query(makeCalls(longTime, "'long-time call ' || call", "charged"));
  await client.query(makeCalls(`${numbered} where n % ${usersPerPendingHold} = 0`, "'call under way'", "under way"));
  await client.query(balance);
  await client.query("set session_replication_role = origin");
  await client.query("vacuum (freeze, analyze)");
  await client.query("checkpoint");
}

/** A call on credits of each of those users: charged, or under way, and then so for a day. */
function makeCalls(users: string, requestId: string, state: "charged" | "under way"): string {
  const what = "'single_doc_regen', 'openai', 'gpt-5.4-nano'";
  return state === "charged"
    ? `insert into byok.entries (owner_id, kind, microcredits, operation, provider, model, request_id)
       select owner_id, 'charge', ${price_microcredits}, ${what}, ${requestId} from ${users}`
    : `insert into byok.holds (owner_id, microcredits, operation, provider, model, request_id, expires_at)
       select owner_id, ${price_microcredits}, ${what}, ${requestId}, now() + interval '1 day' from ${users}`;
}

/** Makes every account what the ledger says. */
const balance = `
  update byok.accounts as a
  set available_microcredits = ${granted_microcredits} - coalesce(c.microcredits, 0) - coalesce(h.microcredits, 0)
  from auth.users as u
  left join (
    select owner_id, sum(microcredits) as microcredits from byok.entries where kind = 'charge' group by owner_id
  ) as c on c.owner_id = u.id
  left join (select owner_id, sum(microcredits) as microcredits from byok.holds group by owner_id) as h on h.owner_id = u.id
  where a.owner_id = u.id`;
