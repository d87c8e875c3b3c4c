/** Who may call, and with which token. */
import type { Guard } from "./mutants.ts";

const active = { file: "sql/12_active_users.sql", test: "tests/sql/active_users.sql" };

export const callerGuards: readonly Guard[] = [
  {
    ...active,
    name: "A banned user is nobody",
    guard: " and (u.banned_until is null or u.banned_until <= now())",
    instead: "",
  },
  {
    ...active,
    name: "A soft-deleted user is nobody",
    guard: " and u.deleted_at is null",
    instead: "",
  },
  {
    ...active,
    name: "A ban ends when it says",
    guard: "u.banned_until <= now()",
    instead: "false",
  },
  {
    ...active,
    name: "A call is refused to a banned user",
    file: "sql/60_calls.sql",
    guard: "byok.act_for_active(p_user_id)",
    instead: "byok.act_for(p_user_id)",
  },
  {
    ...active,
    name: "Nothing is saved for a banned user",
    file: "sql/30_credentials.sql",
    guard: "byok.act_for_active(p_user_id);\n  v_verified_at",
    instead: "byok.act_for(p_user_id);\n  v_verified_at",
  },
  {
    ...active,
    name: "The key of a banned user is not read",
    file: "sql/30_credentials.sql",
    guard: "byok.act_for_active(p_user_id);\nbegin\n  return query\n    select c.id, e.envelope",
    instead: "byok.act_for(p_user_id);\nbegin\n  return query\n    select c.id, e.envelope",
  },
  {
    ...active,
    name: "No key is checked for a banned user",
    file: "sql/32_attempts.sql",
    guard: "byok.act_for_active(p_user_id)",
    instead: "byok.act_for(p_user_id)",
  },
];
