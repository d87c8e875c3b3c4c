/** The SQL that the documentation gives to operators runs, as the role that they have in a hosted project's SQL editor. */
import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { Client } from "pg";
import { expect, test } from "vitest";
import { projectDir } from "../../stack/config.ts";
import { stack } from "../harness/worker-stack.ts";

const blocks = globSync("docs/**/*.md", { cwd: projectDir }).flatMap((page) => {
  const text = readFileSync(path.join(projectDir, page), "utf8");
  return Array.from(text.matchAll(/^```sql\n(.*?)^```$/gms), ([, sql]) => [page, sql!.trim()] as const);
});

test("the blocks of SQL are found", () => {
  expect(blocks.map(([page]) => page)).toContain("docs/operate.md");
});

test.each(blocks)("%s: %s", async (_, sql) => {
  const client = new Client({ connectionString: stack.dbUrl });
  await client.connect();
  try {
    await client.query("begin");
    const results = [await client.query(sql)].flat();
    // An update that finds no row, such as a limit under another name, changes nothing without a word.
    for (const { command, rowCount } of results) {
      if (command === "UPDATE" || command === "INSERT") expect(rowCount).toBeGreaterThan(0);
    }
  } finally {
    await client.query("rollback");
    await client.end();
  }
});
