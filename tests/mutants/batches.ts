import type { Guard } from "./mutants.ts";

const sql = { file: "sql/70_batches.sql" };
const batches = { file: "functions/_shared/database/batches.ts", test: "tests/unit/database/batches.test.ts" };

export const batchGuards: readonly Guard[] = [
  {
    ...sql,
    name: "A batch waits for no account that is locked",
    guard: "set lock_timeout = '1ms'",
    instead: "",
    test: "tests/e2e/database/database.test.ts",
  },
  {
    ...sql,
    name: "What is refused to one in a batch is done for the others",
    guard: "when others then",
    instead: "when null_value_not_allowed then",
    test: "tests/sql/batches.sql",
  },
  {
    ...batches,
    name: "Each in a batch gets the answer to its own step",
    guard: "batch[number - 1]?.resolve(answer)",
    instead: "batch.at(-number)?.resolve(answer)",
  },
  {
    ...batches,
    name: "A step that a batch could not do is sent alone",
    guard: "if (isForItself) return await alone(() => rpc(name, parameters));",
    instead: "",
  },
  {
    ...batches,
    name: "A step that a batch does not know is sent alone",
    guard: " || isUnknownFunction(refusal)",
    instead: "",
  },
  {
    ...batches,
    name: "Those who wait for locked accounts leave connections for the others",
    guard: "if (free > 0) free--;",
    instead: "if (atOnce > 0) free--;",
  },
  {
    ...batches,
    name: "A batch is bounded",
    guard: "waiting.splice(0, maxSteps)",
    instead: "waiting.splice(0)",
  },
  {
    ...batches,
    name: "The answers of a batch wait until the next one is on its way, and no longer",
    guard: "step) as never }, sent);",
    instead: "step) as never });",
  },
  {
    ...batches,
    name: "A batch that fails before it is sent keeps no answers of another",
    guard: "      sent();\n",
    instead: "",
  },
  {
    name: "A batch that waits for a connection keeps no answers of another",
    file: "functions/_shared/database/direct.ts",
    guard: "if (pool.idleCount === 0) sent?.();",
    instead: "",
    test: "tests/e2e/database/database.test.ts",
  },
];
