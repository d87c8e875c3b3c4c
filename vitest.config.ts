import { defineConfig } from "vitest/config";
import { canRun } from "./tests/harness/runtime/placements.ts";

/** How long a test waits for what comes a moment later, on a machine that has much else to do. */
const expectPatience = { poll: { timeout: 20_000, interval: 20 } };

/** Each worker has one stack for the files that it runs of a project; tests that stop or break a stack start their own. */
const onTheStack = {
  globalSetup: "tests/harness/stack.ts",
  testTimeout: 60_000,
  hookTimeout: 60_000,
  expect: expectPatience,
};
const ownStacks = { testTimeout: 120_000, hookTimeout: 120_000, expect: expectPatience };

const e2e = (...names: string[]) => names.map((name) => `tests/e2e/${name}.test.ts`);
/** The functions reach the database directly in all tests but these, which are run both ways. */
const bothWays = e2e("story", "credits/platform-charging", "keys/verdicts", "database/database-on-deno");
/** These run as on a hosted project as well: on its Deno, bundled, in workers with a hosted one's life. */
const asHosted = e2e("relay/relay-bodies", "relay/timeouts", "credits/metered", "credits/idempotency");

/** Their files share a worker's modules, which take longer to load than most of them to run. */
const sharingModules = { isolate: false };

export default defineConfig({
  test: {
    // One spends half its time waiting for servers.
    maxWorkers: 2,
    reporters: ["default", "./tests/harness/reporters/printed.ts", "./tests/harness/reporters/ran.ts"],
    projects: [
      { test: { name: "unit", include: ["tests/unit/**/*.test.ts"], testTimeout: 30_000, ...sharingModules } },
      { test: { name: "rules", include: ["tests/rules/**/*.test.ts"], ...sharingModules } },
      { test: { name: "sql", include: ["tests/sql/**/*.test.ts"], ...onTheStack } },
      { test: { name: "e2e", include: ["tests/e2e/**/*.test.ts"], ...onTheStack } },
      {
        test: {
          ...{ name: "page", include: ["tests/page/**/*.test.ts"], ...onTheStack },
          ...{ globalSetup: ["tests/harness/stack.ts", "tests/harness/browser/setup.ts"], testTimeout: 120_000 },
        },
      },
      {
        test: {
          ...{ name: "components", include: ["tests/components/**/*.test.ts"], expect: expectPatience },
          ...{ globalSetup: "tests/harness/browser/setup.ts", testTimeout: 120_000, hookTimeout: 60_000 },
        },
      },
      { test: { name: "data-api", include: bothWays, ...onTheStack } },
      { test: { name: "hosted", include: [...bothWays, ...asHosted], ...onTheStack } },
      { test: { name: "hosted-data-api", include: e2e("story", "database/database-on-deno"), ...onTheStack } },
      { test: { name: "ledger", include: ["tests/ledger/**/*.test.ts"], ...onTheStack } },
      { test: { name: "fuzz", include: ["tests/fuzz/**/*.test.ts"], ...ownStacks } },
      {
        test: {
          ...{ name: "hosted-fuzz", include: ["tests/fuzz/fuzz.test.ts"], ...ownStacks },
          ...{
            globalSetup: "tests/harness/runtime/prepare.ts",
            env: { HOSTILE_RUNS: process.env.HOSTILE_RUNS ?? "10" },
          },
        },
      },
      { test: { name: "crash", include: ["tests/crash/**/*.test.ts"], ...ownStacks } },
      { test: { name: "stack", include: ["tests/stack/**/*.test.ts"], ...ownStacks } },
      {
        test: {
          ...{ name: "package", include: ["tests/package/**/*.test.ts"], globalSetup: "tests/package/setup.ts" },
          ...{ testTimeout: 60_000, hookTimeout: 60_000 },
        },
      },
      { test: { name: "cli", include: ["tests/cli/**/*.test.ts"], ...ownStacks } },
    ].filter(({ test }) => canRun(test.name)),
  },
});
