import { defineConfig } from "vitest/config";

/** How long a test waits for what comes a moment later, on a machine that has much else to do. */
const expectPatience = { poll: { timeout: 20_000, interval: 20 } };

/** One stack serves the projects that need one; tests that stop or break a stack start their own. */
const onTheStack = {
  globalSetup: "tests/harness/stack.ts",
  testTimeout: 60_000,
  hookTimeout: 60_000,
  expect: expectPatience,
};
const ownStacks = { testTimeout: 120_000, hookTimeout: 120_000, expect: expectPatience };

/** The functions reach the database directly in all tests but these, which are run both ways. */
const overTheDataApi = ["story", "credits/platform-charging", "keys/verdicts"].map(
  (name) => `tests/e2e/${name}.test.ts`,
);

export default defineConfig({
  test: {
    reporters: ["default", "./tests/harness/printed.ts"],
    projects: [
      { test: { name: "unit", include: ["tests/unit/**/*.test.ts"] } },
      { test: { name: "rules", include: ["tests/rules/**/*.test.ts"] } },
      { test: { name: "sql", include: ["tests/sql/*.test.ts"], ...onTheStack } },
      { test: { name: "e2e", include: ["tests/e2e/**/*.test.ts"], ...onTheStack } },
      {
        test: {
          ...{ name: "page", include: ["tests/page/**/*.test.ts"], ...onTheStack },
          globalSetup: ["tests/harness/stack.ts", "tests/page/setup.ts"],
        },
      },
      { test: { name: "data-api", include: overTheDataApi, ...onTheStack } },
      { test: { name: "ledger", include: ["tests/ledger/**/*.test.ts"], ...onTheStack } },
      { test: { name: "fuzz", include: ["tests/fuzz/**/*.test.ts"], ...ownStacks } },
      { test: { name: "crash", include: ["tests/crash/**/*.test.ts"], ...ownStacks } },
      { test: { name: "stack", include: ["tests/stack/**/*.test.ts"], ...ownStacks } },
      { test: { name: "cli", include: ["tests/cli/**/*.test.ts"], ...ownStacks } },
    ],
  },
});
