/** Who may call, and with which token. */
import type { Guard } from "./mutants.ts";

const active = { file: "sql/12_active_users.sql", test: "tests/sql/active_users.sql" };

const tokens = { file: "sql/14_tokens.sql", test: "tests/sql/tokens.sql" };
const identity = { file: "functions/_shared/request/identity.ts", test: "tests/unit/request/token-rules.test.ts" };

export const callerGuards: readonly Guard[] = [
  {
    ...active,
    name: "A banned user is nobody",
    promise: "G28",
    guard: " and (u.banned_until is null or u.banned_until <= now())",
    instead: "",
  },
  {
    ...active,
    name: "A soft-deleted user is nobody",
    promise: "G28",
    guard: " and u.deleted_at is null",
    instead: "",
  },
  {
    ...active,
    name: "A ban ends when it says",
    promise: "G28",
    guard: "u.banned_until <= now()",
    instead: "false",
  },
  {
    ...active,
    name: "A call is refused to a banned user",
    promise: "G28",
    file: "sql/60_calls.sql",
    guard: "byok.act_for_active(p_user_id);\n  v_owners",
    instead: "byok.act_for(p_user_id);\n  v_owners",
  },
  {
    ...active,
    name: "No credits are held for a banned user",
    promise: "G28",
    file: "sql/60_calls.sql",
    guard: "byok.act_for_active(p_user_id);\n  v_hold byok.placed_hold",
    instead: "byok.act_for(p_user_id);\n  v_hold byok.placed_hold",
  },
  {
    ...active,
    name: "Nothing is saved for a banned user",
    promise: "G28",
    file: "sql/30_credentials.sql",
    guard:
      "byok.act_for_active(p_user_id);\n  v_owner_id uuid := byok.require_owner(p_user_id, p_team_id, 'admin');\n  v_verified_at",
    instead:
      "byok.act_for(p_user_id);\n  v_owner_id uuid := byok.require_owner(p_user_id, p_team_id, 'admin');\n  v_verified_at",
  },
  {
    ...active,
    name: "The key of a banned user is not read",
    promise: "G28",
    file: "sql/30_credentials.sql",
    guard:
      "byok.act_for_active(p_user_id);\n  v_owner_id uuid := byok.require_owner(p_user_id, p_team_id, 'admin');\nbegin",
    instead: "byok.act_for(p_user_id);\n  v_owner_id uuid := byok.require_owner(p_user_id, p_team_id, 'admin');\nbegin",
  },
  {
    ...active,
    name: "No key is checked for a banned user",
    promise: "G28",
    file: "sql/32_limits.sql",
    guard: "byok.act_for_active(p_user_id)",
    instead: "byok.act_for(p_user_id)",
  },
  {
    ...tokens,
    name: "A client that is not named is not accepted",
    promise: "G29",
    guard: "where c.client_id = p_claims ->> 'client_id')",
    instead: "where true)",
  },
  {
    ...tokens,
    name: "A client that is not accepted changes no key",
    promise: "G29",
    guard: "if not byok.is_client_accepted(p_claims) then",
    instead: "if false then",
  },
  {
    ...tokens,
    name: "A token has what the rules demand",
    promise: "G29",
    guard: "where not coalesce(p_claims, '{}') @> r.claims;",
    instead: "where false;",
  },
  {
    ...tokens,
    name: "A key is removed with the claims that save asks for",
    promise: "G29",
    file: "sql/30_credentials.sql",
    guard:
      "case when owner_id = any ((select byok.my_owners('admin'))::uuid[]) then (select byok.require_claims((select auth.jwt()))) end);\ncreate policy \"Owners pause",
    instead: 'true);\ncreate policy "Owners pause',
  },
  {
    ...tokens,
    name: "A client that is not accepted sees nothing of its user",
    file: "sql/17_owners.sql",
    guard: "if v_user_id is null or not byok.is_client_accepted(v_claims::jsonb) then",
    instead: "if v_user_id is null then",
  },
  {
    ...identity,
    name: "A call by a client that is not accepted is refused",
    guard: "await requireAcceptedClient(session.claims, database);",
    instead: "",
  },
  {
    ...identity,
    name: "A client that is taken off the list is refused within a minute",
    guard: "maxEntries: 100, maxAge_ms: 60_000",
    instead: "maxEntries: 100, maxAge_ms: 6_000_000",
  },
  {
    ...identity,
    name: "Saving and checking keys asks for the operator's claims",
    promise: "G29",
    guard: "await database.requireClaims(claims);",
    instead: "",
  },
];
