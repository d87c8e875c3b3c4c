import type { Guard } from "./mutants.ts";

const accounts = { file: "sql/40_accounts.sql", test: "tests/sql/growth.sql" };
const holds = { file: "sql/50_holds.sql", test: "tests/sql/growth.sql" };

export const growthGuards: readonly Guard[] = [
  {
    ...accounts,
    name: "A page of a long ledger is read off the index",
    guard: "alter table byok.entries alter column user_id set (n_distinct = -0.001);",
    instead: "",
  },
  {
    ...accounts,
    name: "A page of a short ledger reads no entries of others",
    guard: "primary key (user_id, id)\n);",
    instead: "primary key (id), unique (user_id, id)\n);",
  },
  {
    ...holds,
    name: "The deletion of a user finds the holds by an index",
    guard: "primary key (user_id, id)\n);",
    instead: "primary key (id)\n);",
  },
  {
    ...holds,
    name: "A request id that was charged is found by an index",
    file: "sql/40_accounts.sql",
    guard: "create index entries_request_id_idx on byok.entries (user_id, request_id) where request_id is not null;",
    instead: "create index entries_request_id_idx on byok.entries (created_at) where request_id is not null;",
  },
  {
    ...holds,
    name: "The sweeper's index has the calls under way by their time",
    guard: "create index holds_expires_at_idx on byok.holds (expires_at);",
    instead: "create index holds_expires_at_idx on byok.holds (user_id, id, expires_at);",
  },
];
