/** The plan of `update`: a newer release into a project that has an older one, with the project's edits kept. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { CommandError } from "../../command.ts";
import type { Release } from "../../release.ts";
import { unshownOf } from "./add.ts";
import { editConfig, joinEdits } from "../config-toml.ts";
import { addMigrations, functionFilesOf, lockedFile, migrationNames, nameOfMigration, schemaName } from "./contents.ts";
import { Draft } from "../draft.ts";
import { type Lock, lockName, writtenLock } from "../lock.ts";
import { mergeTexts } from "../merge.ts";
import { differenceOf, type Plan } from "../plan.ts";
import { digest, withLineEndsOf } from "../text.ts";
import { excludeFunctions } from "../tsconfig/edits.ts";

export interface Update {
  readonly supabaseDir: string;
  readonly release: Release;
  /** The one that is there. */
  readonly lock: Lock;
  /** The time, for the names of new migrations. */
  readonly now: Date;
}

/** The plan, and the files beside which a conflict lies that the developer has to settle. */
export interface UpdatePlan extends Plan {
  readonly conflicts: readonly string[];
}

/** Ends the name of a file with both sides of a conflict; nothing compiles or deploys it. */
export const mergeEnding = ".byok-merge";

/** @throws CommandError if a file of the release was edited in the project, or the project has a newer release */
export function planUpdate(update: Update): UpdatePlan {
  const { supabaseDir, release, lock: before } = update;
  if (isOlder(release.version, before.version)) {
    throw new CommandError(
      `This project has supabase-byok ${before.version}, and this program is ${release.version}.`,
      {
        nextStep: "Run npx supabase-byok@latest update.",
      },
    );
  }
  const draft = new Draft();
  const lock: Lock = { ...before, version: release.version, schemaVersion: release.schemaVersion, files: {} };
  const notices = updateMigrations(draft, update, lock);
  const conflicts = updateFunction(draft, update, lock);
  const configFile = path.join(supabaseDir, "config.toml");
  const edited = editConfig(draft.read(configFile)!, { functionName: lock.functionName, schema: schemaName });
  draft.write(configFile, edited.text);
  lock.config = joinEdits(before.config, edited.edit);
  lock.tsconfigs = { ...before.tsconfigs, ...excludeFunctions(draft, supabaseDir, lock.functionName) };
  const made = draft.newFolders();
  const folders = made.map((folder) => path.relative(supabaseDir, folder).replaceAll("\\", "/"));
  lock.folders = [...new Set([...before.folders, ...folders])].sort();
  const lockFile = path.join(supabaseDir, lockName);
  draft.write(lockFile, withLineEndsOf(draft.read(lockFile)!, writtenLock(lock)));
  return {
    ...{ supabaseDir, changes: draft.changes(), made, emptied: [] },
    ...{ unshown: unshownOf(supabaseDir, lock), notices: [...notices, ...conflicts.map(conflictNotice)], conflicts },
  };
}

/** Adds those that are new. Returns what to say of the others. */
function updateMigrations(draft: Draft, { supabaseDir, release, lock: before, now }: Update, lock: Lock): string[] {
  const notices: string[] = [];
  lock.migrations = {};
  for (const [id, known] of Object.entries(before.migrations)) {
    const file = findMigration(draft, supabaseDir, known);
    lock.migrations[id] = { ...known, file: file ?? known.file };
    if (!file)
      notices.push(`supabase/${known.file} is no longer there. That is right if you have squashed migrations.`);
  }
  const added = release.migrations.filter(({ id }) => !before.migrations[id]);
  const named = added.map(({ id, text }) => ({ name: nameOfMigration(id), text }));
  const files = addMigrations(draft, supabaseDir, named, now);
  added.forEach(({ id, text }, index) => (lock.migrations[id] = { file: files[index]!, sha256: digest(text) }));
  return notices;
}

/** The file with a migration's text, which may have been given another stamp; undefined if none has it. */
function findMigration(
  draft: Draft,
  supabaseDir: string,
  { file, sha256 }: Lock["migrations"][string],
): string | undefined {
  const text = draft.read(path.join(supabaseDir, file));
  if (text !== null && digest(text) === sha256) return file;
  if (text !== null) {
    throw new CommandError(`supabase/${file} was edited. A migration that was applied is not applied again.`, {
      nextStep: "Take the file back from git, and put the change into a migration of your own.",
    });
  }
  return migrationNames(supabaseDir)
    .map((name) => `migrations/${name}`)
    .filter((name) => name.endsWith(".sql"))
    .find((name) => digest(readFileSync(path.join(supabaseDir, name), "utf8")) === sha256);
}

/** Returns the files, relative to the supabase folder, that have a conflict beside them, of this update or of an earlier one. */
function updateFunction(draft: Draft, { supabaseDir, release, lock: before }: Update, lock: Lock): string[] {
  const edited: string[] = [];
  const released = functionFilesOf(release, lock.functionName);
  for (const { file, owner, text } of released) {
    const target = path.join(supabaseDir, file);
    const now = draft.read(target);
    const known = before.files[file];
    lock.files[file] = lockedFile(owner, text);
    if (now === null) draft.write(target, text);
    else if (digest(now) === digest(text)) continue;
    else if (digest(now) === known?.sha256) draft.write(target, withLineEndsOf(now, text));
    else if (known?.owner === "project") {
      const { text: merged, isConflict } = mergeTexts({ base: known.base ?? "", project: now, release: text });
      draft.write(isConflict ? `${target}${mergeEnding}` : target, merged);
    } else edited.push(differenceOf(`supabase/${file}`, { before: text, after: now }));
  }
  for (const [file, known] of Object.entries(before.files)) {
    if (released.some((other) => other.file === file)) continue;
    const target = path.join(supabaseDir, file);
    const now = draft.read(target);
    if (known.owner === "project") lock.files[file] = known;
    else if (now !== null && digest(now) === known.sha256) draft.remove(target);
    else if (now !== null) edited.push(`supabase/${file}, which the release no longer has`);
  }
  if (edited.length > 0) throw wasEdited(edited);
  return released
    .map(({ file }) => file)
    .filter((file) => draft.read(path.join(supabaseDir, file + mergeEnding)) !== null);
}

function wasEdited(differences: readonly string[]): CommandError {
  return new CommandError(
    `Files that an update replaces were edited here. Compared with the release:\n\n${differences.join("\n\n")}\n`,
    {
      nextStep:
        "Move each edit into index.ts, which is yours. Then delete the file, and the next update writes it anew.",
    },
  );
}

function conflictNotice(file: string): string {
  return `supabase/${file}: your edit and the release change the same lines. Both are in supabase/${file}${mergeEnding}; settle it in ${path.basename(file)}, and delete that file.`;
}

/** Versions of three numbers; what follows a hyphen comes before the version without it. */
function isOlder(version: string, other: string): boolean {
  const [numbers, rest = "~"] = version.split(/-(.*)/s, 2);
  const [otherNumbers, otherRest = "~"] = other.split(/-(.*)/s, 2);
  const [a, b] = [numbers!.split(".").map(Number), otherNumbers!.split(".").map(Number)];
  const different = a.findIndex((number, index) => number !== b[index]);
  return different === -1 ? rest < otherRest : a[different]! < (b[different] ?? 0);
}
