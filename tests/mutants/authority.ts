/** Rights of the functions' process, and the packages installed for it. */
import type { Guard } from "./mutants.ts";

const permissions = { file: "stack/functions/deno-arguments.ts", test: "tests/stack/stack.test.ts" };

export const authorityGuards: readonly Guard[] = [
  {
    ...permissions,
    name: "Functions reach no other server of this machine",
    promise: "G23",
    guard: "--allow-net=${[...ownAddresses(env), ...options.allowHosts].join(",
    instead: '--allow-net=${["127.0.0.1", "localhost", ...options.allowHosts].join(',
  },
  {
    ...permissions,
    name: "Functions read their code and nothing else",
    promise: "G23",
    guard: '`--allow-read=${[...readable].join(",")}`',
    instead: '"--allow-read"',
  },
  {
    ...permissions,
    name: "Functions are given no other right",
    promise: "G23",
    guard: '"--no-prompt",',
    instead: '"--no-prompt", "--allow-run", "--allow-sys", "--allow-ffi", "--allow-write",',
  },
  {
    name: "A body's length stays with it on its way to the functions",
    file: "stack/api/relay.ts",
    guard: 'dropped.delete("content-length");',
    instead: "",
    test: "tests/stack/gateway.test.ts",
  },
  {
    name: "Versions are exact",
    promise: "G24",
    file: "package.json",
    guard: '"zod": "4.6.7"',
    instead: '"zod": "^4.6.7"',
    test: "tests/rules/supply.test.ts",
  },
  {
    name: "A secret in a file is found",
    promise: "G24",
    file: "tests/rules/supply.test.ts",
    guard: "/** Packages are installed as chosen",
    instead: `/** sk-proj-fake-works-${"0a".repeat(16)}. Packages are installed as chosen`,
    test: "tests/rules/secrets.test.ts",
  },
  {
    name: "A test run that prints a secret fails",
    promise: "G24",
    file: "tests/harness/reporters/printed.ts",
    guard: "process.exitCode = 1;",
    instead: "",
    test: "tests/rules/secrets.test.ts",
  },
  {
    name: "The operator's tools repeat nothing of the database's address",
    file: "cli/lib/operator-database.ts",
    guard: "throw error instanceof CommandError ? error : new CommandError(explain(error));",
    instead: "throw error;",
    test: "tests/cli/credits.test.ts",
  },
  {
    name: "A malformed address of the database is not repeated",
    file: "cli/lib/operator-database.ts",
    guard: 'throw misused("The database URL is none;',
    instead: 'throw misused(text + "The database URL is none;',
    test: "tests/cli/credits.test.ts",
  },
  {
    name: "No command takes a stack that was killed for a running one",
    file: "stack/lock.ts",
    guard: 'isLocked(path.join(stateDir, "lock")) ?',
    instead: "true ?",
    test: "tests/stack/lock.test.ts",
  },
];
