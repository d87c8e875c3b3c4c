import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import postgres from "postgres";
import type { StackConfig } from "../config.ts";

/**
 * Runs the seed files that config.toml names, `seed.sql` where it names none, each once for a database. It records them where the
 * Supabase CLI does: https://supabase.com/docs/guides/local-development/seeding-your-database, November 2026.
 *
 * @param dbUrl of the role `postgres`
 * @returns the files that were run, such as `supabase/seed.sql`
 * @throws with the file's name when one fails, which then has changed nothing
 */
export async function seed(dbUrl: string, supabaseDir: string, settings: StackConfig["db"]["seed"]): Promise<string[]> {
  const files = settings.enabled ? seedFiles(supabaseDir, settings.sql_paths) : [];
  if (files.length === 0) return [];
  const sql = postgres(dbUrl, { max: 1, onnotice: () => {} });
  try {
    await sql.unsafe(history);
    const run = await sql<{ path: string }[]>`select path from supabase_migrations.seed_files`;
    const fresh = files.filter((file) => !run.some(({ path: name }) => name === nameOf(file)));
    for (const file of fresh) {
      const text = readFileSync(path.join(supabaseDir, file), "utf8");
      const hash = createHash("sha256").update(text).digest("hex");
      try {
        await sql.begin(async (transaction) => {
          await transaction.unsafe(text);
          await transaction`insert into supabase_migrations.seed_files (path, hash) values (${nameOf(file)}, ${hash})`;
        });
      } catch (error) {
        throw new Error(`${nameOf(file)} cannot be run: ${(error as Error).message}`, { cause: error });
      }
    }
    return fresh.map(nameOf);
  } finally {
    await sql.end();
  }
}

/** As the CLI creates it. */
const history = `
  create schema if not exists supabase_migrations;
  create table if not exists supabase_migrations.seed_files (path text not null primary key, hash text not null);
`;

/** As the CLI names it, from the folder that holds supabase/. */
function nameOf(file: string): string {
  return path.posix.join("supabase", file.replaceAll("\\", "/"));
}

/** The files under a supabase folder that the patterns match, in their order, each once. */
function seedFiles(supabaseDir: string, patterns: readonly string[]): string[] {
  const files = patterns.flatMap((pattern) =>
    path.posix
      .normalize(pattern)
      .split("/")
      .reduce((folders, segment) => folders.flatMap((folder) => matches(supabaseDir, folder, segment)), ["."]),
  );
  return [...new Set(files)];
}

/** Paths that a segment of a pattern leads to from a folder: `*` is any part of a name, `?` one character. */
function matches(root: string, folder: string, segment: string): string[] {
  if (segment === "..") return [path.join(folder, segment)];
  const source = segment
    .replaceAll(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  const wanted = new RegExp(`^${source}$`);
  let names: string[];
  try {
    names = readdirSync(path.join(root, folder));
  } catch {
    // A pattern may go through what is no folder, or is not there: it matches nothing.
    return [];
  }
  return names
    .filter((name) => wanted.test(name))
    .sort()
    .map((name) => path.join(folder, name));
}
