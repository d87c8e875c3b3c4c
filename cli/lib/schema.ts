/**
 * The files that are made from sql/ beside the migrations: the seeds of a database on this machine, the types that the functions are
 * checked against, and the grants that `npm run credits -- reconcile` compares a database's with.
 */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { Client } from "pg";
import { projectDir } from "../../stack/config.ts";
import { readGrants } from "./grants.ts";

export const seedFile = path.join(projectDir, "supabase/seed.sql");
export const schemaFile = path.join(projectDir, "protocol/schema.ts");
export const grantsFile = path.join(projectDir, "cli/lib/intended-grants.ts");

/** The seeds: the examples, which the Supabase CLI and the local stack run after the migrations, and a hosted project never does. */
export function seedFromSql(): string {
  const examples = readFileSync(path.join(projectDir, "sql/examples/operations.sql"), "utf8");
  return `-- Made from sql/examples/ by npm run generate.\n\n${examples}`;
}

/** The types of schema byok in a running database, as the Supabase CLI writes them. */
export async function typesOf(dbUrl: string): Promise<string> {
  const { stdout } = await promisify(execFile)(
    path.join(projectDir, "node_modules/.bin/supabase"),
    ["gen", "types", `--remote=${dbUrl}`, "--lang=typescript", "--schema=byok"],
    { env: { ...process.env, PGSSLMODE: "disable", SUPABASE_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1" } },
  );
  return stdout;
}

/** The grants of a database as source, for a database that has the migrations alone. */
export async function grantsOf(dbUrl: string): Promise<string> {
  const client = new Client({ connectionString: dbUrl });
  await client.connect();
  try {
    const lines = (await readGrants(client)).map((statement) => `  ${JSON.stringify(statement)},\n`);
    return `// Made from sql/ by npm run generate.\nexport const intendedGrants: readonly string[] = [\n${lines.join("")}];\n`;
  } finally {
    await client.end();
  }
}
