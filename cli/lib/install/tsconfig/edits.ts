/** Edits of the tsconfig files of a project, and how they are undone. */
import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import type { Draft } from "../draft.ts";
import { upwards } from "../find-project.ts";
import type { Lock } from "../lock.ts";
import { excludeFrom } from "./exclude.ts";
import { takeOut } from "./insertion.ts";
import { TsconfigReach } from "./reach.ts";

/** Excludes the functions where a compiler would come to them. Returns what the lock keeps. */
export function excludeFunctions(draft: Draft, supabaseDir: string, functionName: string): Lock["tsconfigs"] {
  const functions = path.join(supabaseDir, "functions");
  const probe = path.join(functions, functionName, "index.ts");
  const reach = new TsconfigReach((file) => draft.read(file));
  const edits: Lock["tsconfigs"] = {};
  for (const file of tsconfigsAround(supabaseDir)) {
    if (!reach.reaches(file, probe)) continue;
    const pattern = relative(path.dirname(file), functions);
    const { text, insertion } = excludeFrom(file, draft.read(file)!, pattern, reach.inheritedExclusions(file));
    draft.write(file, text);
    edits[relative(supabaseDir, file)] = insertion;
  }
  return edits;
}

/** Takes the exclusions out. Returns the files, absolute, in which they no longer stand as they were put there. */
export function includeFunctions(draft: Draft, supabaseDir: string, edits: Lock["tsconfigs"]): string[] {
  return Object.entries(edits).flatMap(([name, insertion]) => {
    const file = path.resolve(supabaseDir, name);
    const text = draft.read(file);
    if (text === null) return [];
    const without = takeOut(text, insertion);
    if (without === undefined) return [file];
    draft.write(file, without);
    return [];
  });
}

/** Those of the folder around the supabase folder and of the folders above it in the repository. Others extend tsconfig.json, so it is first. */
function tsconfigsAround(supabaseDir: string): string[] {
  const folders = [...upwards(path.dirname(supabaseDir))];
  const isRepository = existsSync(path.join(folders.at(-1)!, ".git"));
  return (isRepository ? folders : folders.slice(0, 1)).flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => /^tsconfig(?:\.[\w-]+)*\.json$/.test(name))
      .sort((a, b) => Number(b === "tsconfig.json") - Number(a === "tsconfig.json") || a.localeCompare(b))
      .map((name) => path.join(folder, name)),
  );
}

function relative(from: string, to: string): string {
  return path.relative(from, to).replaceAll("\\", "/");
}
