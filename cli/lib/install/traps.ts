/** Tools in a project that may undo what a migration does, or refuse it. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { downwards, upwards } from "./find-project.ts";
import { stampsOf } from "./stamps.ts";

export interface Trap {
  readonly id: "drizzle" | "prisma" | "declarative-schemas" | "odd-stamps";
  /** The file or folder that shows it. */
  readonly place: string;
  readonly words: string;
  readonly nextStep: string;
}

/** Folders between a repository's root and a package of it. */
const levelsDown = 3;

/** @param schema the one that the tools do not know */
export function findTraps(supabaseDir: string, schema = "byok"): Trap[] {
  const root = [...upwards(path.dirname(supabaseDir))].at(-1)!;
  // Without a repository around it, a project ends at its own folder.
  const top = existsSync(path.join(root, ".git")) ? root : path.dirname(supabaseDir);
  const folders = [top, ...downwards(top, levelsDown)];
  return [
    ...folders.flatMap((folder) => drizzle(folder, schema)),
    ...folders.flatMap((folder) => prisma(folder, schema)),
    ...declarative(supabaseDir, schema),
    ...oddStamps(supabaseDir),
  ];
}

function drizzle(folder: string, schema: string): Trap[] {
  const configs = namesIn(folder).filter((name) => /^drizzle(?:\.\w+)?\.config\.(?:[cm]?[jt]s|json)$/.test(name));
  return configs.flatMap((name) => {
    const place = path.join(folder, name);
    if (readFileSync(place, "utf8").includes("schemaFilter")) return [];
    return [
      {
        ...{ id: "drizzle" as const, place },
        words: `Drizzle looks at every schema, and drizzle-kit push may plan to drop schema ${schema}.`,
        nextStep: 'Set schemaFilter to the schemas that are yours, such as ["public"].',
      },
    ];
  });
}

function prisma(folder: string, schema: string): Trap[] {
  const place = [path.join(folder, "schema.prisma"), path.join(folder, "prisma/schema.prisma")].find(existsSync);
  if (!place || path.basename(folder) === "prisma") return [];
  return [
    {
      ...{ id: "prisma" as const, place },
      words: `Prisma drops tables that its schemas do not describe, once it is told of schema ${schema}.`,
      nextStep: `Leave ${schema} out of the datasource's schemas.`,
    },
  ];
}

function declarative(supabaseDir: string, schema: string): Trap[] {
  const place = path.join(supabaseDir, "schemas");
  if (namesIn(place).length === 0) return [];
  return [
    {
      ...{ id: "declarative-schemas" as const, place },
      words: `Your declarative schemas do not describe schema ${schema}, so supabase db diff may plan to drop it.`,
      nextStep: "Name your own schemas: supabase db diff --schema public.",
    },
  ];
}

function oddStamps(supabaseDir: string): Trap[] {
  const place = path.join(supabaseDir, "migrations");
  const odd = stampsOf(namesIn(place)).find((stamp) => stamp.length !== 14);
  if (odd === undefined) return [];
  return [
    {
      ...{ id: "odd-stamps" as const, place },
      words: `Your migrations are numbered as ${odd}_. The next number sorts before a time, and supabase db push refuses it.`,
      nextStep: 'Begin new ones with a time: supabase migration new, or in Drizzle migrations: { prefix: "supabase" }.',
    },
  ];
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
