import { defineCommand } from "../../lib/command.ts";
import { databaseOptions, findOwner, reportFrom, ownerDetails } from "../../lib/operator-database.ts";

export const show = defineCommand({
  usage: "<owner>",
  details: ownerDetails,
  operands: ["owner"],
  options: databaseOptions,
  async run({ options, operands }) {
    await reportFrom(options, async (client) => {
      const owner = await findOwner(client, operands.owner);
      const { rows } = await client.query(accountQuery, [owner.id]);
      const account = rows[0].account as Account;
      return { text: describe(owner, account), json: { owner_id: owner.id, ...account } };
    });
  },
});

function describe(owner: { id: string; name: string }, account: Account): string {
  const { available_credits, held_credits, pending, entries } = account;
  return [
    `${owner.name}, ${owner.id}`,
    `${available_credits} credits available, ${held_credits} held`,
    ...pending.map(
      (hold) =>
        `  held ${hold.credits} for ${hold.operation} until ${hold.expires_at}, request ${hold.request_id ?? "without a key"}`,
    ),
    entries.length > 0 ? "Last entries" : "No entries",
    ...entries.map(
      ({ created_at, kind, credits, what }) =>
        `  ${new Date(created_at).toISOString()}  ${kind.padEnd(6)} ${String(credits).padStart(10)}  ${what ?? ""}`,
    ),
  ].join("\n");
}

interface Account {
  readonly available_credits: number;
  readonly held_credits: number;
  readonly pending: readonly { credits: number; operation: string; request_id: string | null; expires_at: string }[];
  readonly entries: readonly { created_at: string; kind: string; credits: number; what: string | null }[];
}

const accountQuery = `
  select json_build_object(
    'available_credits', byok.to_credits(coalesce((select available_microcredits from byok.accounts where owner_id = $1), 0)),
    'held_credits', byok.to_credits(coalesce((select sum(microcredits) from byok.holds where owner_id = $1), 0)::bigint),
    'pending', (
      select coalesce(json_agg(h order by h.expires_at), '[]')
      from (select id, byok.to_credits(microcredits) as credits, operation, request_id, expires_at from byok.holds where owner_id = $1) as h),
    'entries', (
      select coalesce(json_agg(e order by e.id), '[]')
      from (
        select id, created_at, kind, byok.to_credits(microcredits) as credits,
          concat_ws(', ', operation, model, reason) as what, charge_id, idempotency_key
        from byok.entries where owner_id = $1 order by id desc limit 20
      ) as e)
  ) as account`;
