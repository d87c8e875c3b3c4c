/** supabase/byok.lock.json: what the command has put into a project, so that it can be brought up to date and taken out again. */
import path from "node:path";
import { z } from "zod";
import { CommandError } from "../command.ts";
import { typed } from "../typed.ts";
import { readText } from "./draft.ts";

export const lockName = "byok.lock.json";

/** The name of a function, as the Supabase CLI takes it: https://supabase.com/docs/reference/cli/supabase-functions-new, 2026-11-26. */
export const slug = /^[A-Za-z][A-Za-z0-9_-]*$/;

/** A path from the supabase folder, with `/`, that does not leave it: what the lock names is replaced and deleted. */
export const innerPath = z.string().regex(/^(?!\/|.*\\|.*(?:^|\/)\.\.?(?:\/|$)|[A-Za-z]:)[^\0]+$/);

/** A tsconfig in the supabase folder's parent or above it. */
export const tsconfigPath = z.string().regex(/^(?:\.\.\/)+tsconfig(?:\.[\w-]+)*\.json$/);

const lockSchema = z.strictObject({
  lockVersion: z.literal(1),
  /** Of the package that wrote it. */
  version: z.string(),
  /** Of the database after all migrations. */
  schemaVersion: z.int(),
  functionName: z.string().regex(slug),
  /**
   * The files of the function and the rows of operations. Those of owner `release` are replaced by an update; those of owner `project`
   * are edited in the project, and `base` is the text that they began with; null where no release changes it.
   */
  files: z.record(
    innerPath,
    z.discriminatedUnion("owner", [
      z.strictObject({ owner: z.literal("release"), sha256: z.string() }),
      z.strictObject({ owner: z.literal("project"), sha256: z.string(), base: z.string().nullable() }),
    ]),
  ),
  /** Id in the release -> its file in the project. */
  migrations: z.record(z.string(), z.strictObject({ file: innerPath, sha256: z.string() })),
  /** The edit of config.toml, as config-toml.ts makes and undoes it. */
  config: z.strictObject({
    functionName: z.string(),
    schema: z.string(),
    insertions: z
      .array(
        z.strictObject({
          ...{ path: z.array(z.string()).readonly(), isElement: z.boolean(), anchor: z.array(z.string()).readonly() },
          ...{ lead: z.string(), text: z.string(), tail: z.string(), hasComma: z.boolean() },
        }),
      )
      .readonly(),
  }),
  /** Edited tsconfig -> the text that was inserted, and what stood before it. */
  tsconfigs: z.record(tsconfigPath, z.strictObject({ text: z.string(), after: z.string() })),
  /** Folders that were made, outermost first. */
  folders: z.array(innerPath),
});

/** Its `sha256` are digests of text.ts. */
export type Lock = z.infer<typeof lockSchema>;
export type LockedFile = Lock["files"][string];

/** @throws CommandError if the file is there and is none of this program */
export function readLock(supabaseDir: string): Lock | undefined {
  const text = readText(path.join(supabaseDir, lockName));
  if (text === null) return undefined;
  const { data, error } = lockSchema.safeParse(parseJson(text));
  if (data) return data;
  const place = error.issues[0]?.path.join(".");
  throw new CommandError(`supabase/${lockName} cannot be read${place ? `: ${place}` : ""}.`, {
    nextStep: "Take it back from git as it was committed, or use a newer version of supabase-byok.",
  });
}

/** Its text, the same for the same content. */
export function writtenLock(lock: Lock): string {
  const { files, migrations, tsconfigs } = lock;
  const ordered = { ...lock, files: sorted(files), migrations: sorted(migrations), tsconfigs: sorted(tsconfigs) };
  return `${JSON.stringify(ordered, null, 2)}\n`;
}

function sorted<Value>(record: Readonly<Record<string, Value>>): Record<string, Value> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Why a command ends that works on what `add` has put into a project. */
export function notAdded(supabaseDir: string): CommandError {
  return new CommandError(`supabase-byok is not in ${supabaseDir}.`, { nextStep: `Add it first: ${typed("add")}` });
}
