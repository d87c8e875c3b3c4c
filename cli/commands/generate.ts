import { writeFileSync } from "node:fs";
import { defineCommand } from "../lib/command.ts";
import {
  grantsFile,
  grantsOf,
  migrationFile,
  migrationFromSql,
  schemaFile,
  seedFile,
  seedFromSql,
  typesOf,
} from "../lib/schema.ts";
import { withStack } from "../lib/with-stack.ts";

export const generate = defineCommand({
  operands: [],
  options: {},
  async run() {
    writeFileSync(migrationFile, migrationFromSql());
    writeFileSync(seedFile, seedFromSql());
    await withStack({ providers: "none", log: () => undefined }, async ({ dbUrl }) => {
      writeFileSync(schemaFile, await typesOf(dbUrl));
      writeFileSync(grantsFile, await grantsOf(dbUrl));
    });
  },
});
