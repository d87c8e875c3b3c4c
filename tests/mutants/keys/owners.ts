/** Owners: what a team's admins, members and everybody else may do with its key and its credits. */
import type { Guard } from "../mutants.ts";

const owners = { promise: "G33", file: "sql/17_owners.sql", test: "tests/sql/teams/owners.sql" } as const;

export const ownerGuards: readonly Guard[] = [
  {
    ...owners,
    name: "Who does not belong to a team saves and checks no key of it",
    guard: "  if not found then\n    raise sqlstate 'PT403' using message = 'not_a_member'",
    instead: "  if false then\n    raise sqlstate 'PT403' using message = 'not_a_member'",
  },
  {
    ...owners,
    name: "A member changes no key of the team",
    guard: "if p_role = 'admin' and v_role <> 'admin' then",
    instead: "if false then",
  },
  {
    name: "Nobody reads the rights of a stranger's team",
    file: "sql/16_rights.sql",
    test: "tests/sql/rights.sql",
    guard: "is_member := v_owner_id = any (byok.my_owners());",
    instead: "is_member := true;",
  },
  {
    ...owners,
    name: "Before a key is checked, its owner is",
    file: "sql/32_limits.sql",
    guard: "v_owner_id uuid := byok.require_owner(p_user_id, p_team_id, 'admin');\n  v_limit",
    instead: "v_owner_id uuid := coalesce(p_team_id, p_user_id);\n  v_limit",
  },
  {
    ...owners,
    name: "Before a key is saved, its owner is checked",
    file: "sql/30_credentials.sql",
    guard: "v_owner_id uuid := byok.require_owner(p_user_id, p_team_id, 'admin');\n  v_verified_at",
    instead: "v_owner_id uuid := coalesce(p_team_id, p_user_id);\n  v_verified_at",
  },
  {
    ...owners,
    name: "Before an envelope is read, its owner is checked",
    file: "sql/30_credentials.sql",
    guard: "v_owner_id uuid := byok.require_owner(p_user_id, p_team_id, 'admin');\nbegin",
    instead: "v_owner_id uuid := coalesce(p_team_id, p_user_id);\nbegin",
  },
  {
    ...owners,
    name: "Who does not belong to a team spends none of its credits",
    file: "sql/60_calls.sql",
    guard: "    perform byok.require_owner(p_user_id, p_team_id, 'member');\n",
    instead: "",
  },
  {
    ...owners,
    name: "A call names a team of the user's only",
    file: "sql/60_calls.sql",
    guard: "if v_owners is null or p_team_id = p_user_id or p_team_id <> all (v_owners) then",
    instead: "if false then",
  },
  {
    ...owners,
    name: "A member's own key wins",
    file: "sql/60_calls.sql",
    guard: "order by o.id <> p_user_id, o.id),",
    instead: "order by o.id = p_user_id, o.id),",
  },
  {
    ...owners,
    name: "An answer of owners_of that cannot be is refused",
    guard:
      "return (p_kind in ('user', 'team') and p_role in ('admin', 'member') and (p_kind = 'user') = (p_owner_id = p_user_id)) is true;",
    instead: "return true;",
  },
  {
    ...owners,
    name: "No browser sees a user's keys as those of a team",
    guard:
      "if not v_is_sound then\n      raise sqlstate 'PT500' using message = 'owners_malformed', hint = 'byok.owners_of answers the id",
    instead:
      "if false then\n      raise sqlstate 'PT500' using message = 'owners_malformed', hint = 'byok.owners_of answers the id",
  },
  {
    ...owners,
    name: "A row of owners_of names no other user",
    guard: " and (p_kind = 'user') = (p_owner_id = p_user_id)",
    instead: "",
  },
  {
    ...owners,
    name: "One id stands once in an answer of owners_of",
    file: "sql/60_calls.sql",
    guard: " and count(*) = count(distinct o.id)",
    instead: "",
  },
  {
    ...owners,
    name: "The key of a user is not a team's",
    guard: "if exists (select from byok.owners as o where o.id = p_team_id and o.user_id is not null) then",
    instead: "if false then",
  },
  {
    ...owners,
    name: "A user without a key becomes no team",
    guard: "if p_kind = 'team' and byok.is_user(p_owner_id) then",
    instead: "if false then",
  },
  {
    ...owners,
    name: "Members see of the ledger what they spent",
    file: "sql/40_accounts.sql",
    guard: "    and (owner_id = any ((select byok.my_owners('admin'))::uuid[]) or member_id = (select auth.uid())));",
    instead: ");",
  },
  {
    ...owners,
    name: "Members see no call of another under way",
    file: "sql/50_holds.sql",
    guard: "    and (owner_id = any ((select byok.my_owners('admin'))::uuid[]) or member_id = (select auth.uid())));",
    instead: ");",
  },
  {
    ...owners,
    name: "Admins alone remove a key of the team",
    guard: "select m.owner_id from byok.memberships_of(v_user_id) as m where p_role is null or m.role = p_role);",
    instead: "select m.owner_id from byok.memberships_of(v_user_id) as m);",
  },
  {
    ...owners,
    name: "Admins alone pause a key of the team",
    file: "sql/30_credentials.sql",
    guard:
      "  for update to authenticated\n  using (\n    owner_id = any ((select byok.my_owners('admin'))::uuid[])\n    and case when owner_id = any ((select byok.my_owners('admin'))::uuid[])",
    instead:
      "  for update to authenticated\n  using (\n    owner_id = any ((select byok.my_owners())::uuid[])\n    and case when owner_id = any ((select byok.my_owners())::uuid[])",
    test: "tests/sql/teams/team_authority.sql",
  },
  {
    ...owners,
    name: "Admins alone read the history of the team's keys",
    file: "sql/36_key_events.sql",
    guard: "for select to authenticated using (owner_id = any ((select byok.my_owners('admin'))::uuid[]));",
    instead: "for select to authenticated using (owner_id = any ((select byok.my_owners())::uuid[]));",
    test: "tests/sql/teams/team_authority.sql",
  },
  {
    ...owners,
    name: "A team is forgotten, and no user",
    guard: "where o.id = p_owner_id and o.user_id is null;",
    instead: "where o.id = p_owner_id;",
  },
  {
    ...owners,
    name: "The ledger of a team says whose call it was",
    file: "sql/60_calls.sql",
    guard: "v_member_id uuid := case when p_team_id is not null then p_user_id end;",
    instead: "v_member_id uuid;",
  },
  {
    ...owners,
    name: "The functions hand on the team that a request names",
    file: "functions/_shared/request/team.ts",
    guard: 'headers.get("x-byok-team")',
    instead: "null as string | null",
    test: "tests/e2e/keys/teams.test.ts",
  },
  {
    ...owners,
    name: "A key of a team is sealed for the team",
    file: "functions/_shared/keys/credentials.ts",
    guard: "{ ownerId: teamId ?? userId, credentialId,",
    instead: "{ ownerId: userId, credentialId,",
    test: "tests/e2e/keys/teams.test.ts",
  },
  {
    ...owners,
    name: "The answer says whose key or credits it was",
    file: "functions/_shared/relay/headers.ts",
    guard: '["x-byok-owner", owner],',
    instead: "",
    test: "tests/e2e/keys/teams.test.ts",
  },
  {
    ...owners,
    name: "The client acts for the team that it was made for",
    file: "client/byok.ts",
    guard: "return this.team ?? user.id;",
    instead: "return user.id;",
    test: "tests/e2e/keys/teams.test.ts",
  },
];
