/** What must hold of the tables after every fault and under any concurrency; each is a query for what breaks it. */
import type { Client } from "pg";

/** `$1` are the users to look at; `ledger` is the schema. */
const violations = {
  "available + held + settled = granted, for each user": `
    select a.user_id, a.available_microcredits, a.held_microcredits, s.settled, s.granted from ledger.accounts as a cross join lateral (
      select coalesce(sum(e.microcredits) filter (where e.kind = 'settle'), 0) as settled,
             coalesce(sum(e.microcredits) filter (where e.kind = 'grant'), 0) as granted
      from ledger.entries as e where e.user_id = a.user_id
    ) as s
    where a.user_id = any($1) and a.available_microcredits + a.held_microcredits + s.settled <> s.granted`,
  "available + held + settled = granted, in all": `
    select * from
      (select sum(available_microcredits + held_microcredits) as microcredits from ledger.accounts where user_id = any($1)) as accounts,
      (select sum(case kind when 'grant' then microcredits when 'settle' then -microcredits else 0 end) as microcredits
       from ledger.entries where user_id = any($1)) as entries
    where accounts.microcredits is distinct from entries.microcredits`,
  "nothing is negative": `
    select * from ledger.accounts where user_id = any($1) and (available_microcredits < 0 or held_microcredits < 0)`,
  "held is the sum of the pending holds": `
    select a.user_id, a.held_microcredits, h.microcredits from ledger.accounts as a cross join lateral (
      select coalesce(sum(microcredits), 0) as microcredits from ledger.holds where user_id = a.user_id and state = 'pending'
    ) as h
    where a.user_id = any($1) and a.held_microcredits <> h.microcredits`,
  "each hold has one entry that placed it, and one that resolved it once it is resolved": `
    select h.id, h.state, e.kinds from ledger.holds as h cross join lateral (
      select coalesce(string_agg(kind, ' ' order by id), '') as kinds from ledger.entries as e
      where e.hold_id = h.id and e.user_id = h.user_id and e.microcredits = h.microcredits and e.operation = h.operation
    ) as e
    where h.user_id = any($1)
      and e.kinds <> case h.state when 'pending' then 'hold' when 'settled' then 'hold settle' else 'hold void' end`,
  "no entry belongs to a hold that is not there": `
    select e.* from ledger.entries as e
    where e.user_id = any($1) and e.kind <> 'grant'
      and not exists (select from ledger.holds as h where h.id = e.hold_id and h.user_id = e.user_id)`,
  "no hold is pending past its time after a sweep": `
    select id, expires_at from ledger.holds
    where user_id = any($1) and state = 'pending' and expires_at <= now()`,
  "a request id has one hold that is not voided": `
    select user_id, request_id, count(*) from ledger.holds
    where user_id = any($1) and state <> 'voided' group by 1, 2 having count(*) > 1`,
  "an idempotency key granted once": `
    select idempotency_key, count(*) from ledger.entries
    where user_id = any($1) and kind = 'grant' group by 1 having count(*) > 1`,
} as const;

const leftViolations = {
  "a user who has left leaves nothing": `
    select user_id from ledger.accounts where user_id = any($1)
    union all select user_id from ledger.entries where user_id = any($1)
    union all select user_id from ledger.holds where user_id = any($1)
    union all select user_id from ledger.credentials where user_id = any($1)`,
} as const;

const byokViolations = {
  "a user under BYOK throughout has no entry but grants": `
    select * from ledger.entries where user_id = any($1) and kind <> 'grant'`,
} as const;

export interface InvariantOptions {
  readonly schema: string;
  readonly users: readonly string[];
  /** Those among them who had a credential for each provider from the first call to the last. */
  readonly byokUsers: readonly string[];
  /** Those who were deleted. */
  readonly left?: Iterable<string>;
}

/** The invariants that do not hold, each with the first row that breaks it. */
export async function brokenInvariants(client: Client, options: InvariantOptions): Promise<string[]> {
  const { schema, users, byokUsers, left = [] } = options;
  const broken: string[] = [];
  const look = async (queries: Record<string, string>, among: readonly string[]) => {
    for (const [name, query] of Object.entries(queries)) {
      const { rows } = await client.query(query.replaceAll("ledger.", `${schema}.`), [among]);
      if (rows.length > 0) broken.push(`${name}: ${rows.length} times not, for example ${JSON.stringify(rows[0])}`);
    }
  };
  await look(violations, users);
  await look(byokViolations, byokUsers);
  await look(leftViolations, [...left]);
  return broken;
}
