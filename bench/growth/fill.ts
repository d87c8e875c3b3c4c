/** Users who have been there for a while: a saved key, credits, calls behind them and, for some, one under way. */
import { createHash } from "node:crypto";
import type { Client } from "pg";
import { envelope } from "../../tests/harness/sessions.ts";

/** Each user's calls on credits so far. All but the last were charged; the last was given back. */
const callsPerUser = 3;

/** The first users are the ones with a long ledger: so many in every size, with so many calls more. */
export const longTimeUsers = 10;
const longTimeCalls = 2_000;

/** One user in so many has a call under way. */
const usersPerPendingHold = 10;

/** Every user's saved key is for this provider, so calls to the other are paid from credits. */
export const providers = { byok: "anthropic", platform: "openai" } as const;

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
  const numbered = `(select n, md5('user ' || n)::uuid as user_id from generate_series(1, ${userCount}) as n) as u`;
  await client.query(`
    insert into auth.users (id, email) select user_id, n || '@example.com' from ${numbered};
    insert into byok.credentials (id, user_id, provider, hint, status, verified_at)
      select md5('credential ' || n)::uuid, user_id, '${providers.byok}', 'abcd', 'verified', now() from ${numbered};
    insert into byok.envelopes (credential_id, user_id, envelope, kid)
      select md5('credential ' || n)::uuid, user_id, '${envelope}', 1 from ${numbered};
    insert into byok.accounts (user_id, available_microcredits) select user_id, ${granted_microcredits} from ${numbered};
    insert into byok.entries (user_id, kind, microcredits, reason, idempotency_key)
      select user_id, 'grant', ${granted_microcredits}, 'welcome', 'welcome ' || n from ${numbered};`);
  // One call of everybody after the other, so that what belongs to one user lies apart, as it does in life.
  for (let call = 1; call <= callsPerUser; call++) {
    const state = call < callsPerUser ? "settled" : "voided";
    await client.query(placeHolds(numbered, `'call ${call}'`, state));
  }
  const longTime = `(select md5('user ' || n)::uuid as user_id, call
    from generate_series(1, ${longTimeCalls}) as call, generate_series(1, ${longTimeUsers}) as n order by call) as u`;
  await client.query(placeHolds(longTime, "'long-time call ' || call", "settled"));
  await client.query(placeHolds(`${numbered} where n % ${usersPerPendingHold} = 0`, "'call under way'", "pending"));
  await client.query(balance);
  await client.query("set session_replication_role = origin");
  await client.query("vacuum (freeze, analyze)");
  await client.query("checkpoint");
}

/** A hold of each of those users in that state, with its entries. One that is pending stays so for a day. */
function placeHolds(users: string, requestId: string, state: "pending" | "settled" | "voided"): string {
  const [expires, resolved] = state === "pending" ? ["now() + interval '1 day'", "null"] : ["now()", "now()"];
  const kinds = { pending: "('hold')", settled: "('hold'), ('settle')", voided: "('hold'), ('void')" };
  return `
    with placed as (
      insert into byok.holds (user_id, operation, microcredits, request_id, state, expires_at, resolved_at)
      select user_id, 'single_doc_regen', ${price_microcredits}, ${requestId}, '${state}', ${expires}, ${resolved} from ${users}
      returning id, user_id
    )
    insert into byok.entries (user_id, kind, microcredits, operation, hold_id)
    select user_id, kind, ${price_microcredits}, 'single_doc_regen', id
    from (values ${kinds[state]}) as kinds (kind), placed`;
}

/** Makes every account what the ledger says. */
const balance = `
  with moved as (
    select user_id,
      sum(microcredits) filter (where kind = 'hold') as held,
      coalesce(sum(microcredits) filter (where kind = 'void'), 0) as voided,
      coalesce(sum(microcredits) filter (where kind in ('settle', 'void')), 0) as resolved
    from byok.entries where kind <> 'grant' group by user_id
  )
  update byok.accounts as a set available_microcredits = a.available_microcredits - m.held + m.voided, held_microcredits = m.held - m.resolved
  from moved as m where m.user_id = a.user_id`;
