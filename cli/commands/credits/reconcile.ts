import { defineCommand, exitCodes } from "../../lib/command.ts";
import { excessGrants } from "../../lib/grants.ts";
import { databaseOptions, reportFrom } from "../../lib/operator-database.ts";

export const reconcile = defineCommand({
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
    select owner_id, sum(case when kind in ('grant', 'refund') then microcredits else -microcredits end) as microcredits
    from byok.entries group by owner_id
  ),
  held as (select owner_id, sum(microcredits) as microcredits from byok.holds group by owner_id),
  refunds as (
    select r.owner_id, r.charge_id, sum(r.microcredits) as refunded, coalesce(max(c.microcredits), 0) as charged
    from byok.entries as r
    left join byok.entries as c on c.owner_id = r.owner_id and c.id = r.charge_id and c.kind = 'charge'
    where r.kind = 'refund' group by r.owner_id, r.charge_id
  ),
  differences as (
    select a.owner_id, 'available and held microcredits' as what,
      (a.available_microcredits::numeric + coalesce(h.microcredits, 0))::text as recorded, coalesce(l.microcredits, 0)::text as computed
    from byok.accounts as a left join held as h using (owner_id) left join ledger as l using (owner_id)
    where a.available_microcredits::numeric + coalesce(h.microcredits, 0) <> coalesce(l.microcredits, 0)
    union all
    select owner_id, 'what was refunded of charge ' || charge_id, refunded::text, 'at most ' || charged
    from refunds where refunded > charged
    union all
    select h.owner_id, 'hold ' || h.id, 'under way', 'charged'
    from byok.holds as h join byok.entries as e on e.owner_id = h.owner_id and e.id = h.id
  )
  select json_build_object(
    'accounts', (select count(*) from byok.accounts),
    'entries', (select count(*) from byok.entries),
    'differences', (
      select coalesce(json_agg(json_build_object(
        'owner_id', d.owner_id, 'who', coalesce(u.email, d.owner_id::text), 'what', d.what, 'recorded', d.recorded, 'computed', d.computed
      ) order by d.owner_id, d.what), '[]')
      from differences as d left join auth.users as u on u.id = d.owner_id)
  ) as result`;
