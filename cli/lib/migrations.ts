/**
 * The migrations in supabase/migrations: those that a release has frozen, which nobody changes any more, and what is to be in the
 * next one. sql/ is the schema that they lead to.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { projectDir } from "../../stack/config.ts";
import { CommandError } from "./command.ts";

export interface Migration {
  /** `byok.schema_version()` after it. */
  readonly version: number;
  /** `0001_byok`, whatever its stamp is in a project. */
  readonly id: string;
  /** Its name in supabase/migrations. */
  readonly file: string;
  readonly text: string;
}

export interface Frozen {
  readonly file: string;
  /** As in https://www.w3.org/TR/sri/: `sha256-` and base64. */
  readonly integrity: string;
  /** The first release that had it. */
  readonly release: string;
}

const firstFile = "20261123000000_byok.sql";

/** @param root the repository, or a copy of it */
export function readMigrations(root = projectDir): Migration[] {
  const folder = migrationsIn(root);
  const files = readdirSync(folder).filter((file) => /^\d{14}_byok(?:_[a-z0-9_]+)?\.sql$/.test(file));
  return files.sort().map((file, index) => {
    const id = `${String(index + 1).padStart(4, "0")}_${file.slice(15, -4)}`;
    return { version: index + 1, id, file, text: readFileSync(path.join(folder, file), "utf8") };
  });
}

export function readFrozen(root = projectDir): Frozen[] {
  const file = frozenIn(root);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Frozen[]) : [];
}

/** Writes the whole schema as the first migration, unless a release has frozen it. */
export function writeFirstMigration(root = projectDir): void {
  if (readFrozen(root).length > 0) return;
  writeFileSync(path.join(migrationsIn(root), firstFile), migrationFromSql(path.join(root, "sql")));
}

/** The whole schema as one migration: the files of sql/, or of another such folder, in the order of their names. */
export function migrationFromSql(folder = path.join(projectDir, "sql")): string {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith(".sql"))
    .sort();
  const parts = files.map((name) => readFileSync(path.join(folder, name), "utf8").trim());
  return `-- BYOK for Supabase: the schema. Made from sql/ by npm run generate.\n\n${guardOf(1)}\n${parts.join("\n\n")}\n`;
}

/**
 * Records what the migrations are, those that no release had before under this one.
 *
 * @throws CommandError when there is nothing new, or the release is no version
 */
export function freeze(release: string, root = projectDir): Frozen[] {
  if (!/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(release)) throw new CommandError(`${release} is no version, such as 0.1.0.`);
  const frozen = readFrozen(root);
  const fresh = readMigrations(root).slice(frozen.length);
  if (fresh.length === 0) throw new CommandError(`Every migration is frozen, the last with ${frozen.at(-1)?.release}.`);
  const added = fresh.map(({ file, text }) => ({ file, integrity: integrityOf(text), release }));
  writeFileSync(frozenIn(root), `${JSON.stringify([...frozen, ...added], null, 2)}\n`);
  return added;
}

/**
 * Begins a migration, whose changes are then written into it by hand, and into sql/.
 *
 * @param now its stamp, in UTC
 * @returns its file
 */
export function beginMigration(name: string, now = new Date(), root = projectDir): string {
  if (!/^[a-z][a-z0-9_]*$/.test(name)) throw new CommandError(`${name} is no name, such as key_notes.`);
  const migrations = readMigrations(root);
  const file = path.join(migrationsIn(root), `${now.toISOString().replace(/\D/g, "").slice(0, 14)}_byok_${name}.sql`);
  writeFileSync(file, nextMigration(migrations.length + 1, ""));
  return file;
}

/** A migration around its changes: the guard before, the version after. */
export function nextMigration(version: number, changes: string): string {
  const title = `-- BYOK for Supabase: schema version ${version}. Frozen with its release: never edit it afterwards.`;
  return `${title}\n\n${guardOf(version)}\n${changes}\n${versionOf(version)}`;
}

/** The head of each migration, which stops it on a schema of another version before anything is changed. */
export function guardOf(version: number): string {
  return version === 1 ? firstGuard : laterGuard(version);
}

const firstGuard = `do $$
begin
  if exists (select from pg_catalog.pg_namespace where nspname = 'byok') then
    raise object_not_in_prerequisite_state using message = 'schema byok is there already, and this migration makes it',
      hint = 'The migration was applied before, under another stamp perhaps: select byok.schema_version() tells the version. Mark it as applied (supabase migration repair), or take the schema out first.';
  end if;
end
$$;
`;

function laterGuard(version: number): string {
  return `do $$
declare
  v_version integer;
begin
  if to_regprocedure('byok.schema_version()') is not null then
    v_version := byok.schema_version();
  end if;
  if v_version is distinct from ${version - 1} then
    raise object_not_in_prerequisite_state
      using message = format('schema byok has version %s, and this migration leads from ${version - 1} to ${version}', coalesce(v_version::text, 'none')),
      hint = 'Apply the migrations of BYOK in their order, each once. One that was applied under another stamp is marked as applied: supabase migration repair.';
  end if;
end
$$;
`;
}

/** The end of each migration but the first. */
function versionOf(version: number): string {
  return `create or replace function byok.schema_version() returns integer
language sql
stable
set search_path = ''
as $$
  select ${version};
$$;
`;
}

export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

export function integrityOf(text: string): string {
  return `sha256-${Buffer.from(sha256(text), "hex").toString("base64")}`;
}

function migrationsIn(root: string): string {
  return path.join(root, "supabase/migrations");
}

function frozenIn(root: string): string {
  return path.join(root, "sql/frozen.json");
}
