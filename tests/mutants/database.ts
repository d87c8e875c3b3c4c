import type { Guard } from "./mutants.ts";

const failures = {
  file: "functions/_shared/database/failures.ts",
  test: "tests/unit/database/failures.test.ts",
};
const notices = { ...failures, file: "functions/_shared/database/notices.ts" };
/** Reads do not grow with users. */
const accounts = { file: "sql/40_accounts.sql", test: "tests/sql/growth.sql" };
const holds = { file: "sql/50_holds.sql", test: "tests/sql/growth.sql" };

export const databaseGuards: readonly Guard[] = [
  {
    ...failures,
    name: "What may have been carried out is asked once",
    guard: " && repeatable.has(name)",
    instead: "",
  },
  {
    ...failures,
    name: "What Postgres rolled back is asked again",
    guard: "if (isRolledBack(failure)) return maxAttempts.rolledBack;",
    instead: "",
  },
  {
    ...failures,
    name: "A Data API whose connections broke counts as a database that is away",
    guard: "code === brokenConnection || awayCodes",
    instead: "awayCodes",
  },
  {
    name: "A gateway without a Data API behind it counts as a database that is away",
    file: "functions/_shared/database/data-api.ts",
    guard: ", 520, 521, 522, 523, 524, 540, 544]",
    instead: "]",
    test: "tests/unit/database/data-api.test.ts",
  },
  {
    name: "The project's secret key goes to the Data API alone",
    file: "functions/_shared/database/data-api.ts",
    guard: ', redirect: "manual" }',
    instead: " }",
    test: "tests/unit/database/data-api.test.ts",
  },
  {
    name: "A hosted project is sent nothing that is only for a local one",
    file: "supabase/config.toml",
    guard: 'schemas = ["public", "byok"]',
    instead: 'schemas = ["public", "byok"]\n\n[auth]\nsite_url = "http://127.0.0.1:54321"',
    test: "tests/cli/deploy.test.ts",
  },
  {
    name: "The local Data API sets the claims that a hosted one sets, and no other",
    file: "stack/api/lite.ts",
    guard: "setClaimsAsHosted(connection);\n",
    instead: "\n",
    test: "tests/stack/lite.test.ts",
  },
  {
    ...notices,
    name: "The log names a cause once",
    promise: "G4",
    guard: " || told.has(says)",
    instead: "",
  },
  {
    ...notices,
    name: "The log has of a failure no more than its code",
    promise: "G4",
    guard: "/^\\w{2,40}$/.test(code)",
    instead: "code",
  },
  {
    ...accounts,
    name: "A page of a long ledger is read off the index",
    guard: "alter table byok.entries alter column owner_id set (n_distinct = -1);",
    instead: "alter table byok.entries alter column owner_id set (n_distinct = -0.001);",
  },
  {
    ...accounts,
    name: "A page of a short ledger reads no entries of others",
    guard: "primary key (owner_id, id)\n);",
    instead: "primary key (id), unique (owner_id, id)\n);",
  },
  {
    ...holds,
    name: "The deletion of a user finds the holds by an index",
    guard: "primary key (owner_id, id)\n);",
    instead: "primary key (id)\n);",
  },
  {
    ...holds,
    name: "A request id that was charged is found by an index",
    file: "sql/40_accounts.sql",
    guard: "create index entries_request_id_idx on byok.entries (owner_id, request_id) where request_id is not null;",
    instead: "create index entries_request_id_idx on byok.entries (created_at) where request_id is not null;",
  },
  {
    ...holds,
    name: "The sweeper's index has the calls under way by their time",
    guard: "create index holds_expires_at_idx on byok.holds (expires_at);",
    instead: "create index holds_expires_at_idx on byok.holds (owner_id, id, expires_at);",
  },
];
