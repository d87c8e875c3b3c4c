import type { Guard } from "./mutants.ts";

const failures = {
  file: "functions/_shared/database/failures.ts",
  test: "tests/unit/database/failures.test.ts",
};
const notices = { ...failures, file: "functions/_shared/database/notices.ts" };

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
];
