import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import postgres, { type Sql } from "postgres";
import { leaveOut, splitStatements } from "./sql-statements.ts";

/** One file of supabase/migrations: `<version>_<name>.sql`. */
interface Migration {
  version: string;
  name: string;
  text: string;
}

/**
 * Applies what is new in a migrations folder, each file in one transaction, and records it where the
 * Supabase CLI looks.
 *
 * @param dbUrl of the role `postgres`, which is who applies migrations on a hosted project
 * @param log learns of each extension that this Postgres lacks, whose CREATE EXTENSION is then left out; without it that fails
 * @returns the versions that were applied
 * @throws with the file's name when one fails, or when one that was applied has been edited since
 */
export async function migrate(dbUrl: string, folder: string, log?: (line: string) => void): Promise<string[]> {
  const sql = postgres(dbUrl, { max: 1, onnotice: () => {} });
  try {
    await sql.unsafe(history);
    const recorded = await recordedStatements(sql);
    const applied: string[] = [];
    for (const migration of readMigrations(folder)) {
      const before = recorded.get(migration.version);
      if (before === undefined) {
        await apply(sql, migration, log);
        applied.push(migration.version);
      } else if (!sameText(before.join("\n"), migration.text)) {
        throw new Error(
          `${fileName(migration)} differs from the one that made this database. ` +
            "npm start -- --reset makes a new one and deletes all data",
        );
      }
    }
    return applied;
  } finally {
    await sql.end();
  }
}

/** As the CLI creates it. */
const history = `
  create schema if not exists supabase_migrations;
  create table if not exists supabase_migrations.schema_migrations (version text not null primary key);
  alter table supabase_migrations.schema_migrations add column if not exists statements text[];
  alter table supabase_migrations.schema_migrations add column if not exists name text;
`;

function readMigrations(folder: string): Migration[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .flatMap((file) => {
      const [, version, name] = /^(\d+)_(.*)\.sql$/.exec(file) ?? [];
      if (version === undefined || name === undefined) return [];
      return { version, name, text: readFileSync(path.join(folder, file), "utf8") };
    });
}

async function recordedStatements(sql: Sql): Promise<Map<string, string[]>> {
  const rows = await sql<{ version: string; statements: string[] | null }[]>`
    select version, statements from supabase_migrations.schema_migrations`;
  return new Map(rows.map(({ version, statements }) => [version, statements ?? []]));
}

async function apply(sql: Sql, migration: Migration, log: ((line: string) => void) | undefined): Promise<void> {
  const { version, name, text } = migration;
  const missing: string[] = [];
  try {
    const statements = await splitStatements(text);
    const known = new Set((await sql`select name from pg_catalog.pg_available_extensions`).map((row) => row.name));
    const executed = log
      ? await leaveOut(text, ({ CreateExtensionStmt: { extname } = {} }) => {
          if (extname === undefined || known.has(extname)) return false;
          missing.push(extname);
          return true;
        })
      : text;
    await sql.begin(async (transaction) => {
      await transaction.unsafe(executed);
      await transaction`
        insert into supabase_migrations.schema_migrations (version, name, statements)
        values (${version}, ${name}, ${statements})`;
    });
  } catch (error) {
    const without = missing.length > 0 ? `. This Postgres lacks the extension ${missing.join(" and ")}` : "";
    throw new Error(`${fileName(migration)} cannot be applied: ${(error as Error).message}${without}`, {
      cause: error,
    });
  }
  for (const extension of missing) log?.(`${fileName(migration)}: this Postgres lacks the extension ${extension}`);
}

function fileName({ version, name }: Migration): string {
  return `${version}_${name}.sql`;
}

/** Recorded statements have lost the semicolons and the white space between them. */
function sameText(recorded: string, file: string): boolean {
  const bare = (text: string) => text.replace(/[\s;]+/g, "");
  return bare(recorded) === bare(file);
}
