/** Where the parts of a release stand in a project, and who goes on owning them. */
import { readdirSync } from "node:fs";
import path from "node:path";
import type { Release } from "../../release.ts";
import type { Draft } from "../draft.ts";
import type { LockedFile } from "../lock.ts";
import { nextStamps, stampsOf } from "../stamps.ts";
import { digest, unixLines } from "../text.ts";

export const schemaName = "byok";

/** The files of the function that begin as the release's and are the project's from then on. */
const projectFiles = ["index.ts", "deno.json"];

export interface FunctionFile {
  /** Relative to the supabase folder. */
  readonly file: string;
  readonly owner: LockedFile["owner"];
  readonly text: string;
}

export function functionFilesOf(release: Release, functionName: string): FunctionFile[] {
  return Object.entries(release.functionFiles).map(([name, text]) => ({
    file: `functions/${functionName}/${name}`,
    owner: projectFiles.includes(name) ? "project" : "release",
    text,
  }));
}

/** The entry of a file that has this text in the release. */
export function lockedFile(owner: LockedFile["owner"], text: string): LockedFile {
  const sha256 = digest(text);
  return owner === "release" ? { owner, sha256 } : { owner, sha256, base: unixLines(text) };
}

/** Writes migrations in this order, each after all that the project has. Returns name -> file, relative to the supabase folder. */
export function addMigrations(
  draft: Draft,
  supabaseDir: string,
  migrations: readonly { readonly name: string; readonly text: string }[],
  now: Date,
): string[] {
  const stamps = nextStamps(stampsOf(migrationNames(supabaseDir)), now, migrations.length);
  return migrations.map(({ name, text }, index) => {
    const file = `migrations/${stamps[index]}_${name}.sql`;
    draft.write(path.join(supabaseDir, file), text);
    return file;
  });
}

export function migrationNames(supabaseDir: string): string[] {
  try {
    return readdirSync(path.join(supabaseDir, "migrations")).sort();
  } catch {
    // The CLI makes the folder with the first migration.
    return [];
  }
}

/** The name of a migration's file after its stamp: `0001_byok` is `byok`. */
export function nameOfMigration(id: string): string {
  return id.replace(/^\d+_/, "");
}
