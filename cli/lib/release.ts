/** The release that this program installs: its migrations, the files of its function, and the SQL that takes it out. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { CommandError } from "./command.ts";

/** A migration of the schema. Its text never changes once it is released. */
export interface ReleasedMigration {
  /** Such as `0001_byok`: the number orders them, the words name the file in a project. */
  readonly id: string;
  readonly text: string;
}

export interface Release {
  /** As in package.json. */
  readonly version: string;
  /** The version that `byok.schema_version()` returns after all migrations. */
  readonly schemaVersion: number;
  /** Oldest first. */
  readonly migrations: readonly ReleasedMigration[];
  /** Path within the function's folder, with `/`, -> text. */
  readonly functionFiles: Readonly<Record<string, string>>;
  /** Rows of operations and prices, as an example. */
  readonly exampleOperations: string;
  /** The body of a migration that drops everything. */
  readonly removal: string;
}

const manifest = z.object({
  version: z.string(),
  schemaVersion: z.int(),
  migrations: z.array(z.object({ id: z.string(), file: z.string(), sha256: z.string() })).min(1),
});

/**
 * @param assetsDir the folder of release.json; the one of this package, or of this repository's last build, when absent
 * @throws CommandError if the folder is missing, or a migration in it is not the one that was released
 */
export function readRelease(assetsDir = ownAssets()): Release {
  const { version, schemaVersion, migrations } = manifest.parse(JSON.parse(read(assetsDir, "release.json")));
  return {
    version,
    schemaVersion,
    migrations: migrations.map(({ id, file, sha256 }) => {
      const text = read(assetsDir, file);
      if (sha256 !== createHash("sha256").update(text).digest("hex")) {
        throw new CommandError(`The package is damaged: ${file} is not the migration that was released.`, {
          nextStep: "Install supabase-byok again.",
        });
      }
      return { id, text };
    }),
    functionFiles: readFolder(path.join(assetsDir, "functions/byok")),
    exampleOperations: read(assetsDir, "examples/operations.sql"),
    removal: Object.entries(readFolder(path.join(assetsDir, "remove")))
      .map(([, text]) => text.trimEnd())
      .join("\n\n"),
  };
}

function read(folder: string, file: string): string {
  return readFileSync(path.join(folder, file), "utf8");
}

/** All files below a folder, by their path in it, in the order of the paths. */
function readFolder(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).replaceAll("\\", "/"))
    .sort();
  return Object.fromEntries(names.map((name) => [name, read(folder, name)]));
}

/** Beside the program in the package; in the repository the build makes it. */
function ownAssets(): string {
  for (let folder = path.dirname(fileURLToPath(import.meta.url)); ; folder = path.dirname(folder)) {
    for (const assets of [path.join(folder, "assets"), path.join(folder, "dist/package/assets")]) {
      if (existsSync(path.join(assets, "release.json"))) return assets;
    }
    if (folder === path.dirname(folder)) break;
  }
  throw new CommandError("There is no release to install: assets/release.json is missing.", {
    nextStep: "In a clone of the repository, run npm run build first.",
  });
}
