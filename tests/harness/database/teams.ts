/** Teams of the SaaS under test: a table of its own, and the function that says who belongs where, in the place of the product's. */
import { Client } from "pg";
import { stack } from "../worker-stack.ts";

interface User {
  readonly id: string;
}

/** Files that run at the same time make the same, one after the other. Users without a row act alone, as before. */
const setup = `
  select pg_advisory_xact_lock(hashtext('test teams'));
  create table if not exists public.test_members (
    user_id uuid references auth.users on delete cascade, team_id uuid, role text, primary key (user_id, team_id));
  create table if not exists public.test_teams (id uuid primary key);
  create or replace function byok.owners_of(p_user_id uuid) returns table (owner_id uuid, kind text, role text)
  language sql stable security definer set search_path = '' as $$
    select p_user_id, 'user', 'admin'
    union all select m.team_id, 'team', m.role from public.test_members as m where m.user_id = p_user_id;
  $$;
  create or replace trigger forget_team after delete on public.test_teams
  for each row execute function byok.forget_deleted_team();`;

/** @returns the id of a new team */
export async function newTeam(admin: User, members: readonly User[]): Promise<string> {
  const id = crypto.randomUUID();
  await asOperator(setup);
  await asOperator("insert into public.test_teams values ($1)", [id]);
  await join(id, admin, "admin");
  for (const member of members) await join(id, member, "member");
  return id;
}

export async function join(teamId: string, user: User, role: "admin" | "member"): Promise<void> {
  await asOperator("insert into public.test_members values ($1, $2, $3) on conflict do nothing", [
    user.id,
    teamId,
    role,
  ]);
}

export async function leave(teamId: string, user: User): Promise<void> {
  await asOperator("delete from public.test_members where user_id = $1 and team_id = $2", [user.id, teamId]);
}

export async function deleteTeam(teamId: string): Promise<void> {
  await asOperator("delete from public.test_teams where id = $1", [teamId]);
}

/** Runs SQL as the role `postgres`. */
export async function asOperator(sql: string, values?: unknown[]): Promise<void> {
  const client = new Client({ connectionString: stack.dbUrl });
  await client.connect();
  try {
    await client.query(sql, values);
  } finally {
    await client.end();
  }
}
