import type { Guard } from "../mutants.ts";

const removal = { file: "sql/remove/byok.sql", test: "tests/sql/migrations/removal.test.ts" };

export const removalGuards: readonly Guard[] = [
  {
    ...removal,
    name: "An exposed schema is not dropped",
    promise: "G37",
    guard: "if 'byok' = any (regexp_split_to_array(v_schemas, '[\\s,]+')) then",
    instead: "if false then",
  },
  {
    ...removal,
    name: "The removal takes back what the app granted the product's roles",
    guard: "      execute format('drop owned by %I', v_role);\n",
    instead: "",
  },
  {
    ...removal,
    name: "The removal ends the jobs of pg_cron",
    guard: "where j.jobname in ('byok-expire-holds', 'byok-retry-webhooks', 'byok-recheck')",
    instead: "where j.jobname in ('byok-expire-holds')",
  },
  {
    ...removal,
    name: "The removal deletes the secrets of the schedule",
    guard: "delete from vault.secrets where name in ('byok_project_url', 'byok_secret_key');",
    instead: "null;",
  },
];
