import { writeFileSync } from "node:fs";
import path from "node:path";
import { projectDir } from "../../stack/config.ts";
import { defineCommand } from "../lib/command.ts";
import { beginMigration, freeze, writeFirstMigration } from "../lib/migrations.ts";
import { grantsFile, grantsOf, schemaFile, seedFile, seedFromSql, typesOf } from "../lib/schema.ts";
import { withStack } from "../lib/with-stack.ts";

export const generate = defineCommand({
  details: `Makes what follows from sql/: the first migration until a release freezes it, the seeds, the types, the grants.`,
  operands: [],
  options: {
    migration: {
      type: "string",
      value: "<name>",
      summary: "begin a migration with this name, to write the change of sql/ into",
    },
    freeze: { type: "string", value: "<release>", summary: "record the migrations that a release ships, for good" },
  },
  async run({ options }) {
    if (options.migration !== undefined) {
      console.log(path.relative(projectDir, beginMigration(options.migration)));
      return;
    }
    writeFirstMigration();
    writeFileSync(seedFile, seedFromSql());
    await withStack({ providers: "none", log: () => undefined }, async ({ dbUrl }) => {
      writeFileSync(schemaFile, await typesOf(dbUrl));
      writeFileSync(grantsFile, await grantsOf(dbUrl));
    });
    if (options.freeze === undefined) return;
    for (const { file, integrity } of freeze(options.freeze)) console.log(`${file} is frozen: ${integrity}`);
  },
});
