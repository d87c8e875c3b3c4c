/** The files that the command writes into somebody's project, and release.json, which lists them. */
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { projectDir } from "../../../stack/config.ts";
import { schemaVersion } from "../../../functions/_shared/database/version.ts";
import { writeByokFunction } from "../bundle/byok-function.ts";
import { readMigrations, sha256 } from "../migrations.ts";
import { rootManifest } from "./manifest.ts";

export async function buildAssets(outDir: string): Promise<void> {
  const migrations = copyMigrations(path.join(outDir, "migrations"));
  const release = { version: rootManifest().version, schemaVersion, migrations };
  mkdirSync(path.join(outDir, "examples"), { recursive: true });
  cpSync(path.join(projectDir, "sql/examples/operations.sql"), path.join(outDir, "examples/operations.sql"));
  cpSync(path.join(projectDir, "sql/remove"), path.join(outDir, "remove"), { recursive: true });
  await writeByokFunction(path.join(outDir, "functions/byok"));
  writeFileSync(path.join(outDir, "release.json"), `${JSON.stringify(release, null, 2)}\n`);
}

/** Under ids that last: a project gives the file a time of its own. */
function copyMigrations(outDir: string): { id: string; file: string; sha256: string }[] {
  mkdirSync(outDir, { recursive: true });
  return readMigrations().map(({ id, text }) => {
    writeFileSync(path.join(outDir, `${id}.sql`), text);
    return { id, file: `migrations/${id}.sql`, sha256: sha256(text) };
  });
}
