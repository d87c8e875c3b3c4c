/** Where a project keeps its supabase folder. */
import { existsSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { CommandError, misused } from "../command.ts";

/** How far down a monorepo a supabase folder may be. */
const levelsDown = 4;

/**
 * The folder that holds config.toml, as an absolute path: the nearest one at or above a folder, as the Supabase CLI finds it, else the
 * only one below it.
 *
 * @param given the folder that the user names, itself or its parent
 * @throws CommandError when there is none, or none above and several below
 */
export function findSupabaseDir(cwd: string, given?: string): string {
  if (given !== undefined) return readGiven(path.resolve(cwd, given));
  const start = path.resolve(cwd);
  for (const folder of upwards(start)) {
    const found = [folder, path.join(folder, "supabase")].find(isSupabaseDir);
    if (found) return found;
    checkFormat(path.join(folder, "supabase"));
  }
  const below = [...downwards(start, levelsDown)].filter(isSupabaseDir).sort();
  if (below.length === 1) return below[0]!;
  if (below.length === 0) {
    throw new CommandError(`There is no supabase/config.toml at, above or below ${start}.`, {
      nextStep: "Run npx supabase init first, or name the folder with --supabase-dir <folder>.",
    });
  }
  const list = below.map((folder) => `  ${path.relative(start, folder)}`);
  throw new CommandError(`There are ${below.length} supabase folders here:\n${list.join("\n")}`, {
    nextStep: "Choose one with --supabase-dir <folder>.",
  });
}

function readGiven(folder: string): string {
  const found = [folder, path.join(folder, "supabase")].find(hasConfig);
  if (found) return found;
  throw misused(`--supabase-dir names ${folder}, and there is no config.toml in it.`);
}

/** Version 3 of the Supabase CLI also reads a configuration in JSON, which no edit here knows. */
function checkFormat(folder: string): void {
  const other = ["config.json", "config.jsonc"].find((name) => existsSync(path.join(folder, name)));
  if (!other) return;
  throw new CommandError(`${path.join(folder, other)} is not edited: only a config.toml is.`, {
    nextStep: "Write the configuration as config.toml, and run the command again.",
  });
}

function hasConfig(folder: string): boolean {
  return existsSync(path.join(folder, "config.toml"));
}

function isSupabaseDir(folder: string): boolean {
  return path.basename(folder) === "supabase" && hasConfig(folder);
}

/** The folder and those above it, up to the root of its repository. */
export function* upwards(folder: string): Generator<string> {
  for (let at = folder; ; at = path.dirname(at)) {
    yield at;
    if (existsSync(path.join(at, ".git")) || at === path.dirname(at)) return;
  }
}

/** The folders below a folder, without hidden ones and installed packages. */
export function* downwards(folder: string, levels: number): Generator<string> {
  if (levels === 0) return;
  for (const name of foldersIn(folder)) {
    const below = path.join(folder, name);
    yield below;
    yield* downwards(below, levels - 1);
  }
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => !name.startsWith(".") && name !== "node_modules")
      .filter((name) => statSync(path.join(folder, name), { throwIfNoEntry: false })?.isDirectory());
  } catch {
    // A folder that nobody may read holds no project of theirs.
    return [];
  }
}
