/** The plan of `remove`: everything that `add` and `update` have put into a project goes, and what was edited stays. */
import path from "node:path";
import type { Release } from "../../release.ts";
import { uneditConfig } from "../config-removal.ts";
import { addMigrations } from "./contents.ts";
import { Draft } from "../draft.ts";
import { type Lock, lockName } from "../lock.ts";
import type { Plan } from "../plan.ts";
import { digest } from "../text.ts";
import { includeFunctions } from "../tsconfig/edits.ts";
import { mergeEnding } from "./update.ts";

export interface Removal {
  readonly supabaseDir: string;
  readonly release: Release;
  readonly lock: Lock;
  /** The migrations were applied somewhere: they stay, and another one drops what they made. */
  readonly database: boolean;
  /** The time, for the name of that migration. */
  readonly now: Date;
}

export function planRemoval({ supabaseDir, release, lock, database, now }: Removal): Plan {
  const draft = new Draft();
  const at = (file: string) => path.join(supabaseDir, file);
  const isMigration = (file: string) => file.startsWith("migrations/");
  const migrations = Object.values(lock.migrations).map(({ file, sha256 }) => [file, sha256] as const);
  const files = Object.entries(lock.files).map(([file, { sha256 }]) => [file, sha256] as const);
  const kept: string[] = [];
  for (const [file, sha256] of [...files, ...migrations]) {
    const text = draft.read(at(file));
    if (text === null || (database && isMigration(file))) continue;
    if (digest(text) === sha256) draft.remove(at(file));
    else kept.push(`supabase/${file} was edited, and stays. Delete it yourself.`);
  }
  for (const [file] of files) {
    if (draft.read(at(file + mergeEnding)) !== null)
      kept.push(`supabase/${file}${mergeEnding} stays. Delete it yourself.`);
  }
  if (database) {
    addMigrations(draft, supabaseDir, [{ name: "byok_remove", text: `${release.removal}\n` }], now);
  }
  const configFile = at("config.toml");
  const config = uneditConfig(draft.read(configFile)!, lock.config);
  draft.write(configFile, config.text);
  kept.push(
    ...config.kept.map((place) => `supabase/config.toml: ${place} was rewritten, and stays. Take it out yourself.`),
  );
  for (const file of includeFunctions(draft, supabaseDir, lock.tsconfigs)) {
    kept.push(`${path.basename(file)}: the exclusion of supabase/functions was rewritten, and stays.`);
  }
  draft.remove(at(lockName));
  const warning = database
    ? `Applied, the migration deletes every saved API key and all credits. First take byok out of the exposed schemas of each project that has it.`
    : `The migrations are deleted, which is right only if they were never applied. If they were, use --database.`;
  return {
    ...{ supabaseDir, changes: draft.changes(), made: draft.newFolders(), emptied: lock.folders.map(at) },
    ...{ unshown: new Set<string>(), notices: [...kept, warning] },
  };
}
