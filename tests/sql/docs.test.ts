/** The SQL that the documentation gives to operators runs, as the role that they have in a hosted project's SQL editor. */
import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { Client } from "pg";
import { expect, test } from "vitest";
import { projectDir } from "../../stack/config.ts";
import { stack } from "../harness/worker-stack.ts";

const pages = globSync(["*.md", "docs/**/*.md"], { cwd: projectDir });

/** Blocks, and statements within a sentence, which may leave values to the reader: `'<user id>'`. */
const blocks = pages.flatMap((page) => {
  const text = readFileSync(path.join(projectDir, page), "utf8");
  const whole = Array.from(text.matchAll(/^```sql\n(.*?)^```$/gms), ([, sql]) => sql!.trim());
  const inSentences = Array.from(
    text.matchAll(/`((?:select|insert into|update|delete from|alter role) [^`]+)`/g),
    ([, sql]) => sql!.replace(/'<([^']*)>'/g, (_, name: string) => `'${example(name)}'`),
  );
  return [...whole, ...inSentences].map((sql) => [page, sql] as const);
});

function example(name: string): string {
  if (/\bid\b/.test(name)) return "00000000-0000-4000-8000-000000000000";
  return name.startsWith("when ") ? "2026-11-26" : "abcd";
}

test("the blocks of SQL are found", () => {
  expect(blocks.map(([page]) => page)).toEqual(expect.arrayContaining(["docs/operate.md", "SECURITY.md"]));
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
