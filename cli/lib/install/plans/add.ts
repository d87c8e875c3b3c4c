/** The plan of `add`: a release into a project that has none. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { CommandError, misused } from "../../command.ts";
import type { Release } from "../../release.ts";
import { editConfig } from "../config-toml.ts";
import { addMigrations, functionFilesOf, lockedFile, migrationNames, nameOfMigration, schemaName } from "./contents.ts";
import { Draft } from "../draft.ts";
import { type Lock, lockName, slug, writtenLock } from "../lock.ts";
import type { Plan } from "../plan.ts";
import { digest } from "../text.ts";
import { findTraps } from "../traps.ts";
import { excludeFunctions } from "../tsconfig/edits.ts";

export interface Addition {
  readonly supabaseDir: string;
  readonly release: Release;
  readonly functionName: string;
  /** SQL with rows of operations and prices; null for none. */
  readonly operations: string | null;
  /** The time, for the names of the migrations. */
  readonly now: Date;
}

const operationsHead = `-- Operations and prices that credits pay for. The file is this project's own: change it before it is applied; afterwards change the
-- rows by SQL or in a new migration.
`;

/** @throws CommandError if something of the project stands in the way */
export function planAddition({ supabaseDir, release, functionName, operations, now }: Addition): Plan {
  checkName(supabaseDir, functionName);
  checkSchema(supabaseDir);
  const draft = new Draft();
  const names = release.migrations.map(({ id, text }) => ({ name: nameOfMigration(id), text }));
  const rows = operations === null ? [] : [{ name: "byok_operations", text: `${operationsHead}\n${operations}` }];
  const migrations = addMigrations(draft, supabaseDir, [...names, ...rows], now);
  const configFile = path.join(supabaseDir, "config.toml");
  const { text: config, edit } = editConfig(draft.read(configFile)!, { functionName, schema: schemaName });
  const lock: Lock = {
    lockVersion: 1,
    version: release.version,
    schemaVersion: release.schemaVersion,
    functionName,
    files: Object.fromEntries(
      rows.map(({ text }) => [migrations.at(-1)!, { owner: "project", sha256: digest(text), base: null }]),
    ),
    migrations: Object.fromEntries(
      release.migrations.map(({ id, text }, index) => [id, { file: migrations[index]!, sha256: digest(text) }]),
    ),
    config: edit,
    tsconfigs: {},
    folders: [],
  };
  for (const { file, owner, text } of functionFilesOf(release, functionName)) {
    draft.write(path.join(supabaseDir, file), text);
    lock.files[file] = lockedFile(owner, text);
  }
  draft.write(configFile, config);
  lock.tsconfigs = excludeFunctions(draft, supabaseDir, functionName);
  const made = draft.newFolders();
  lock.folders = made.map((folder) => path.relative(supabaseDir, folder).replaceAll("\\", "/"));
  draft.write(path.join(supabaseDir, lockName), writtenLock(lock));
  return {
    ...{ supabaseDir, changes: draft.changes(), made, emptied: [] },
    unshown: unshownOf(supabaseDir, lock),
    notices: findTraps(supabaseDir).map(({ place, words, nextStep }) => {
      return `${path.relative(path.dirname(supabaseDir), place)}: ${words} ${nextStep}`;
    }),
  };
}

/** The release's own files, and the lock. */
export function unshownOf(supabaseDir: string, { files, migrations }: Lock): Set<string> {
  const released = Object.entries(files).filter(([, { owner }]) => owner === "release");
  const names = [...released.map(([file]) => file), ...Object.values(migrations).map(({ file }) => file), lockName];
  return new Set(names.map((name) => path.join(supabaseDir, name)));
}

function checkName(supabaseDir: string, name: string): void {
  if (!slug.test(name)) {
    throw misused("--function-name takes letters, digits, _ and -, and begins with a letter.");
  }
  const folder = path.join(supabaseDir, "functions", name);
  if (!existsSync(folder) || readdirSync(folder).length === 0) return;
  throw new CommandError(`This project has a function ${name} of its own: supabase/functions/${name}.`, {
    nextStep: "Give the new one another name, such as --function-name llm-keys.",
  });
}

/** The migrations may have been copied here by hand. One that drops the schema makes room for another. */
function checkSchema(supabaseDir: string): void {
  const make = new RegExp(`create\\s+schema\\s+(?:if\\s+not\\s+exists\\s+)?"?${schemaName}"?\\b`, "i");
  const drop = new RegExp(`drop\\s+schema\\s+(?:if\\s+exists\\s+)?"?${schemaName}"?\\b`, "i");
  for (const name of migrationNames(supabaseDir).reverse()) {
    if (!name.endsWith(".sql")) continue;
    const text = readFileSync(path.join(supabaseDir, "migrations", name), "utf8");
    if (drop.test(text)) return;
    if (!make.test(text)) continue;
    throw new CommandError(`supabase/migrations/${name} makes a schema ${schemaName} already.`, {
      nextStep: "If it was never applied, delete that file, and run the command again.",
    });
  }
}
