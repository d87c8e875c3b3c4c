/** Rules for the tables after every fault and under any concurrency; each is a query for what breaks it. */
import type { Client } from "pg";

/** `$1` are the users to look at; `ledger` is the schema. */
const violations = {
  "available + held + charged - refunded + revoked = granted, for each user": `
    select a.owner_id, a.available_microcredits, h.microcredits, e.microcredits from ledger.accounts as a cross join lateral (
      select coalesce(sum(case when kind in ('grant', 'refund') then microcredits else -microcredits end), 0) as microcredits
      from ledger.entries as e where e.owner_id = a.owner_id
    ) as e cross join lateral (
      select coalesce(sum(h.microcredits), 0) as microcredits from ledger.holds as h where h.owner_id = a.owner_id
    ) as h
    where a.owner_id = any($1) and a.available_microcredits + h.microcredits <> e.microcredits`,
  "available + held + charged - refunded + revoked = granted, in all": `
    select * from
      (select sum(available_microcredits) as microcredits from ledger.accounts where owner_id = any($1)) as accounts,
      (select coalesce(sum(microcredits), 0) as microcredits from ledger.holds where owner_id = any($1)) as holds,
      (select sum(case when kind in ('grant', 'refund') then microcredits else -microcredits end) as microcredits
       from ledger.entries where owner_id = any($1)) as entries
    where accounts.microcredits + holds.microcredits is distinct from entries.microcredits`,
  "nothing is negative": `
    select * from ledger.accounts where owner_id = any($1) and available_microcredits < 0`,
  "a hold is charged once, and is gone then": `
    select h.id from ledger.holds as h join ledger.entries as e on e.owner_id = h.owner_id and e.id = h.id
    where h.owner_id = any($1)
    union all
    select id from ledger.entries where owner_id = any($1) group by owner_id, id having count(*) > 1`,
  "a refund is of a charge of the same user, once, and at most whole": `
    select r.id from ledger.entries as r left join ledger.entries as c
      on c.owner_id = r.owner_id and c.id = r.charge_id and c.kind = 'charge' and c.microcredits >= r.microcredits
        and c.operation = r.operation
    where r.owner_id = any($1) and r.kind = 'refund' and c.id is null
    union all
    select charge_id from ledger.entries where owner_id = any($1) and kind = 'refund' group by owner_id, charge_id having count(*) > 1`,
  "no hold is there past its time after a sweep": `
    select id, expires_at from ledger.holds where owner_id = any($1) and expires_at <= now()`,
  "a request id of a member is charged once, but for what was refunded whole": `
    select c.owner_id, c.request_id, c.member_id, count(*) from ledger.entries as c
    where c.owner_id = any($1) and c.kind = 'charge' and c.request_id is not null and not exists (
      select from ledger.entries as r
      where r.owner_id = c.owner_id and r.charge_id = c.id and r.microcredits = c.microcredits and r.reason <> 'unused')
    group by 1, 2, 3 having count(*) > 1`,
  "a request id of a member has one call under way": `
    select owner_id, request_id, member_id, count(*) from ledger.holds
    where owner_id = any($1) and request_id is not null group by 1, 2, 3 having count(*) > 1`,
  "an idempotency key counted once": `
    select idempotency_key, count(*) from ledger.entries
    where owner_id = any($1) and idempotency_key is not null group by 1 having count(*) > 1`,
  "the platform bears what its limit of the day allows at most": `
    select owner_id, unpaid_microcredits from ledger.accounts
    where owner_id = any($1) and unpaid_microcredits > (select at_most from byok.limits where name = 'unpaid_microcredits')`,
} as const;

const leftViolations = {
  "a user who has left leaves nothing": `
    select owner_id from ledger.accounts where owner_id = any($1)
    union all select owner_id from ledger.entries where owner_id = any($1)
    union all select owner_id from ledger.holds where owner_id = any($1)
    union all select owner_id from ledger.credentials where owner_id = any($1)`,
} as const;

const byokViolations = {
  "a user under BYOK throughout has no entry but grants": `
    select * from ledger.entries where owner_id = any($1) and kind <> 'grant'`,
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
