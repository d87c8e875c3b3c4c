import type { Guard } from "../mutants.ts";

const failures = { file: "functions/_shared/database/failures.ts", test: "tests/unit/database/failures.test.ts" };
const migrations = { file: "cli/lib/migrations.ts", test: "tests/cli/migrations.test.ts" };

export const schemaGuards: readonly Guard[] = [
  {
    ...failures,
    name: "Functions say when the schema is older than they are",
    guard: "Number(outcome.rows[0]) < schemaVersion",
    instead: "false",
  },
  {
    ...failures,
    name: "A schema that is as new as the functions is not called outdated",
    guard: "Number(outcome.rows[0]) < schemaVersion",
    instead: "true",
  },
  {
    ...failures,
    name: "The version of the schema costs a round trip only where a function is missing",
    guard: "if (isUnknownFunction(outcome.failure) && (await isOutdated(ask)))",
    instead: "if (await isOutdated(ask))",
  },
  {
    ...migrations,
    name: "A frozen migration is not written again",
    promise: "G38",
    guard: "if (readFrozen(root).length > 0) return;",
    instead: "",
  },
  {
    ...migrations,
    name: "A migration is frozen once",
    guard: "readMigrations(root).slice(frozen.length)",
    instead: "readMigrations(root)",
  },
  {
    ...migrations,
    name: "A migration is refused on a schema of another version",
    guard: "if v_version is distinct from ${version - 1} then",
    instead: "if false then",
    test: "tests/sql/migrations/upgrade.test.ts",
  },
  {
    ...migrations,
    name: "The first migration is refused where the schema is there",
    guard: "if exists (select from pg_catalog.pg_namespace where nspname = 'byok') then",
    instead: "if false then",
    test: "tests/sql/migrations/migrations.test.ts",
  },
];
