/** Saved API keys as the operator sees them: the record about each, never an envelope. */
import type { Client } from "pg";
import { CommandError, misused } from "../../lib/command.ts";
import { findUser } from "../../lib/operator-database.ts";

/** Every status that a credential may have. */
export const statuses = [
  ...["verified", "unverified", "rejected", "restricted", "no_credit", "rate_limited", "locked"],
] as const;

export interface SavedKey {
  readonly owner_id: string;
  /** The address of a user; the id of a team, or of a user without an address. */
  readonly owner: string;
  readonly provider: string;
  readonly hint: string;
  readonly status: string;
  readonly reason: string | null;
  readonly is_paused: boolean;
  readonly age_days: number;
  /** ISO 8601, as the times below. */
  readonly created_at: string;
  readonly verified_at: string | null;
  readonly last_used_on: string | null;
}

export interface Filter {
  readonly status?: string | undefined;
  readonly provider?: string | undefined;
  readonly olderThan_days?: number | undefined;
  readonly isPaused: boolean;
  readonly isNeverUsed: boolean;
  /** At most so many. */
  readonly limit: number;
}

/** The keys that pass the filter, oldest first. Columns are named: nothing of `byok.envelopes` can come along. */
export async function listKeys(client: Client, filter: Filter): Promise<readonly SavedKey[]> {
  const { rows } = await client.query<SavedKey>(listQuery, [
    filter.status ?? null,
    filter.provider ?? null,
    filter.olderThan_days ?? null,
    filter.isPaused,
    filter.isNeverUsed,
    filter.limit,
  ]);
  return rows;
}

const listQuery = `
  select c.owner_id, coalesce(u.email, c.owner_id::text) as owner, c.provider, c.hint, c.status, c.reason, c.is_paused,
    floor(extract(epoch from now() - c.created_at) / 86400)::integer as age_days,
    to_json(c.created_at) #>> '{}' as created_at, to_json(c.verified_at) #>> '{}' as verified_at, c.last_used_on::text as last_used_on
  from byok.credentials as c left join auth.users as u on u.id = c.owner_id
  where ($1::text is null or c.status = $1) and ($2::text is null or c.provider = $2)
    and ($3::integer is null or c.created_at < now() - make_interval(days => $3))
    and (not $4 or c.is_paused) and (not $5 or c.last_used_on is null)
  order by c.created_at, c.id limit $6`;

/** Whether `byok.records_last_use` is on: without it no key has a last use. */
export async function recordsLastUse(client: Client): Promise<boolean> {
  const { rows } = await client.query("select byok.records_last_use() as is_on");
  return rows[0].is_on === true;
}

export interface Adoption {
  readonly provider: string;
  readonly status: string;
  readonly keys: number;
  readonly paused: number;
}

/** How many keys there are, by provider and status. */
export async function countKeys(client: Client): Promise<readonly Adoption[]> {
  const { rows } = await client.query<Adoption>(
    `select provider, status, count(*)::integer as keys, count(*) filter (where is_paused)::integer as paused
     from byok.credentials group by provider, status order by provider, status`,
  );
  return rows;
}

/** An owner as typed: the id of a user or a team, or the address of a user. */
export async function findOwner(client: Client, named: string): Promise<{ id: string; name: string }> {
  const { rows } = await client.query(
    "select id, id::text as name from byok.owners where user_id is null and id::text = lower($1)",
    [named],
  );
  return rows[0] ?? (await findUser(client, named));
}

/** The changes that an operator may make to a key. */
export type Change = "pause" | "resume" | "remove";

const changeQueries: Record<Change, string> = {
  pause: "update byok.credentials set is_paused = true where owner_id = $1 and provider = $2 returning hint",
  resume: "update byok.credentials set is_paused = false where owner_id = $1 and provider = $2 returning hint",
  remove: "delete from byok.credentials where owner_id = $1 and provider = $2 returning hint",
};

/**
 * Changes a key, which leaves an event of the operator's.
 *
 * @returns the last four characters of the key
 * @throws CommandError if the owner has none
 */
export async function changeKey(client: Client, change: Change, owner: { id: string; name: string }, provider: string) {
  const { rows } = await client.query<{ hint: string }>(changeQueries[change], [owner.id, provider]);
  if (!rows[0]) throw new CommandError(`${owner.name} has no key for ${provider}.`);
  return rows[0].hint;
}

/** @throws CommandError unless it is a status */
export function readStatus(text: string | undefined): string | undefined {
  if (text === undefined || (statuses as readonly string[]).includes(text)) return text;
  throw misused(`--status takes one of ${statuses.join(", ")}.`);
}
