import { defineCommand, exitCodes } from "../../lib/command.ts";
import { excessGrants } from "../../lib/grants.ts";
import { databaseOptions, reportFrom } from "../../lib/operator-database.ts";

export const reconcile = defineCommand({
  usage: "npm run credits -- reconcile",
  details:
    "It fails if it finds a difference, or a grant in schema byok that is too many; it prints the statement that revokes it.",
  operands: [],
  options: databaseOptions,
  async run({ options }) {
    const { json } = await reportFrom(options, async (client) => {
      const { rows } = await client.query(reconcileQuery);
      const found: Reconciliation = { ...rows[0].result, excess_grants: await excessGrants(client) };
      return { text: describe(found), json: found };
    });
    return json.differences.length + json.excess_grants.length === 0 ? exitCodes.done : exitCodes.failed;
  },
});

function describe({ accounts, entries, differences, excess_grants }: Reconciliation): string {
  const counts = { accounts, entries, differences: differences.length, "grants too many": excess_grants.length };
  return [
    ...differences.map(
      ({ who, what, recorded, computed }) => `${who}: ${what} is ${recorded}, by the ledger ${computed}`,
    ),
    ...excess_grants.map((statement) => `${statement};`),
    Object.entries(counts)
      .map((count) => count.join(": "))
      .join(", "),
  ].join("\n");
}

interface Reconciliation {
  readonly accounts: number;
  readonly entries: number;
  readonly differences: readonly { who: string; what: string; recorded: string; computed: string }[];
  readonly excess_grants: readonly string[];
}

/** One statement, so that it sees one moment of a ledger in use. Amounts as text: a tampered one may be too large for JSON. */
const reconcileQuery = `
  with ledger as (
    select user_id,
      sum(case kind when 'grant' then microcredits when 'hold' then -microcredits when 'void' then microcredits else 0 end) as available,
      sum(case kind when 'hold' then microcredits when 'settle' then -microcredits when 'void' then -microcredits else 0 end) as held
    from byok.entries group by user_id
  ),
  pending as (select user_id, sum(microcredits) as held from byok.holds where state = 'pending' group by user_id),
  movements as (
    select hold_id, user_id, string_agg(kind || ' ' || microcredits, ', ' order by id) as said
    from byok.entries where kind <> 'grant' group by hold_id, user_id
  ),
  holds as (
    select id, user_id, case state
      when 'pending' then 'hold ' || microcredits
      when 'settled' then 'hold ' || microcredits || ', settle ' || microcredits
      else 'hold ' || microcredits || ', void ' || microcredits
    end as said
    from byok.holds
  ),
  differences as (
    select a.user_id, 'available microcredits' as what, a.available_microcredits::text as recorded, coalesce(l.available, 0)::text as computed
    from byok.accounts as a left join ledger as l using (user_id) where a.available_microcredits <> coalesce(l.available, 0)
    union all
    select a.user_id, 'held microcredits', a.held_microcredits::text, coalesce(l.held, 0)::text
    from byok.accounts as a left join ledger as l using (user_id) where a.held_microcredits <> coalesce(l.held, 0)
    union all
    select a.user_id, 'the sum of the pending holds', coalesce(p.held, 0)::text, coalesce(l.held, 0)::text
    from byok.accounts as a left join ledger as l using (user_id) left join pending as p using (user_id)
    where coalesce(p.held, 0) <> coalesce(l.held, 0)
    union all
    select coalesce(h.user_id, m.user_id), 'hold ' || coalesce(h.id, m.hold_id), coalesce(h.said, 'missing'), coalesce(m.said, 'missing')
    from holds as h full join movements as m on m.hold_id = h.id and m.user_id = h.user_id
    where h.said is distinct from m.said
  )
  select json_build_object(
    'accounts', (select count(*) from byok.accounts),
    'entries', (select count(*) from byok.entries),
    'differences', (
      select coalesce(json_agg(json_build_object(
        'user_id', d.user_id, 'who', coalesce(u.email, d.user_id::text), 'what', d.what, 'recorded', d.recorded, 'computed', d.computed
      ) order by d.user_id, d.what), '[]')
      from differences as d left join auth.users as u on u.id = d.user_id)
  ) as result`;
