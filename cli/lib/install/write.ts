/**
 * Writes a plan, all of it or nothing. A journal with the whole plan comes first, each file is replaced by a rename, and the journal goes
 * last. Whatever ends the process in between, the next run finds the journal and goes on from there.
 */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { z } from "zod";
import { parseJson } from "../../../functions/_shared/json.ts";
import { CommandError } from "../command.ts";
import { type Change, readText } from "./draft.ts";
import { innerPath, tsconfigPath } from "./lock.ts";

const journalName = ".byok-journal.json";

/** A journal may come with a project that was cloned: what it names is written without a question. */
const journalSchema = z.strictObject({
  changes: z.array(
    z.strictObject({
      path: z.union([innerPath, tsconfigPath]),
      before: z.string().nullable(),
      after: z.string().nullable(),
    }),
  ),
  made: z.array(innerPath),
  emptied: z.array(innerPath),
});

/** All paths are relative to the supabase folder, with `/`. */
type Journal = z.infer<typeof journalSchema>;

/** Everything that a command writes. All paths are absolute, folders outermost first. */
export interface Writing {
  readonly supabaseDir: string;
  /** In this order; the lock file last. */
  readonly changes: readonly Change[];
  /** Folders that the new files need. */
  readonly made: readonly string[];
  /** Folders that go if they are empty at the end. */
  readonly emptied: readonly string[];
}

/** @throws CommandError if a file is no longer as the plan found it, or cannot be written; everything is as before then */
export function writeAll({ supabaseDir, changes, made, emptied }: Writing): void {
  const relative = (file: string) => path.relative(supabaseDir, file).replaceAll(path.sep, "/");
  const journal: Journal = {
    changes: changes.map((change) => ({ ...change, path: relative(change.path) })),
    ...{ made: made.map(relative), emptied: emptied.map(relative) },
  };
  checkFiles(supabaseDir, journal, ["before"]);
  const file = path.join(supabaseDir, journalName);
  try {
    replaceFile(file, JSON.stringify(journal));
    carryOut(supabaseDir, journal);
  } catch (error) {
    undo(supabaseDir, journal);
    removeQuietly(file);
    throw new CommandError(`Nothing was changed, because a file could not be written: ${(error as Error).message}`);
  }
  rmSync(file);
}

/** Whether an earlier run was interrupted, and waits to be finished. */
export function isInterrupted(supabaseDir: string): boolean {
  return existsSync(path.join(supabaseDir, journalName));
}

/**
 * Finishes the run that was interrupted, if one was.
 *
 * @returns whether one was
 * @throws CommandError if its journal is none, or a file of it was edited since; nothing is changed then
 */
export function finishInterrupted(supabaseDir: string): boolean {
  const file = path.join(supabaseDir, journalName);
  const text = readText(file);
  if (text === null) return false;
  const journal = readJournal(text);
  checkFiles(supabaseDir, journal, ["before", "after"]);
  carryOut(supabaseDir, journal);
  rmSync(file);
  return true;
}

/** @throws CommandError if it is no journal, or one that leaves the project */
function readJournal(text: string): Journal {
  const { data } = journalSchema.safeParse(parseJson(text));
  if (data) return data;
  throw new CommandError(`supabase/${journalName} is no journal of an earlier run, and nothing was written.`, {
    nextStep: "Delete it, and run the command again.",
  });
}

/** @throws CommandError unless each file has one of these texts of its change */
function checkFiles(supabaseDir: string, { changes }: Journal, texts: readonly ("before" | "after")[]): void {
  for (const change of changes) {
    const now = readText(path.resolve(supabaseDir, change.path));
    if (texts.some((text) => change[text] === now)) continue;
    throw new CommandError(`supabase/${change.path} was changed meanwhile, and nothing was written.`, {
      nextStep: texts.includes("after")
        ? `An earlier run was interrupted. Take the file back as it was before, or delete supabase/${journalName} to give that run up.`
        : "Run the command again.",
    });
  }
}

function carryOut(supabaseDir: string, { changes, emptied }: Journal): void {
  for (const { path: relative, after } of changes) setFile(path.resolve(supabaseDir, relative), after);
  for (const folder of [...emptied].reverse()) removeIfEmpty(path.resolve(supabaseDir, folder));
}

function undo(supabaseDir: string, { changes, made }: Journal): void {
  for (const { path: relative, before } of [...changes].reverse()) {
    const file = path.resolve(supabaseDir, relative);
    setFile(file, before);
    removeQuietly(temporary(file));
  }
  for (const folder of [...made].reverse()) removeIfEmpty(path.resolve(supabaseDir, folder));
}

/** Makes, replaces or deletes a file; leaves one alone that is as it should be. */
function setFile(file: string, text: string | null): void {
  if (readText(file) === text) return;
  if (text === null) rmSync(file);
  else replaceFile(file, text);
}

function temporary(file: string): string {
  return `${file}.byok-new`;
}

/** A link stays one; the file that it leads to gets the text, and keeps its mode. */
function replaceFile(file: string, text: string): void {
  const target = existsSync(file) ? realpathSync(file) : file;
  mkdirSync(path.dirname(target), { recursive: true });
  const next = temporary(target);
  writeFileSync(next, text, { flush: true });
  if (existsSync(target)) chmodSync(next, statSync(target).mode);
  renameSync(next, target);
}

/** Deletes a file that may not be there. */
function removeQuietly(file: string): void {
  try {
    rmSync(file);
  } catch {
    // It was not made.
  }
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Somebody else's file is in it, or it is gone.
  }
}
