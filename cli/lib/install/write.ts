/**
 * Writes a plan, all of it or nothing. A journal with the whole plan comes first, each file is replaced by a rename, and the journal goes
 * last. Whatever ends the process in between, the next run finds the journal and goes on from there. Of two runs at once one makes the
 * journal, and the other is refused.
 */
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
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

/** A run takes less, in ms. Its process id may be another process's by then. */
const longestRun_ms = 60_000;

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
  /** The process that writes. */
  pid: z.int().positive(),
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

/**
 * @throws CommandError if a file is no longer as the plan found it, or cannot be written, or if another run writes; this one has changed
 *   nothing then
 */
export function writeAll({ supabaseDir, changes, made, emptied }: Writing): void {
  const relative = (file: string) => path.relative(supabaseDir, file).replaceAll(path.sep, "/");
  const journal: Journal = {
    changes: changes.map((change) => ({ ...change, path: relative(change.path) })),
    ...{ made: made.map(relative), emptied: emptied.map(relative), pid: process.pid },
  };
  const file = path.join(supabaseDir, journalName);
  try {
    claim(file, JSON.stringify(journal));
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === "EEXIST" ? anotherRun() : notWritten(error);
  }
  try {
    // Another run may have ended since the plan was made, so only who holds the journal may look.
    checkFiles(supabaseDir, journal, ["before"]);
  } catch (error) {
    removeQuietly(file);
    throw error;
  }
  try {
    carryOut(supabaseDir, journal);
  } catch (error) {
    undo(supabaseDir, journal);
    removeQuietly(file);
    throw notWritten(error);
  }
  sweep(supabaseDir);
  rmSync(file);
}

function notWritten(error: unknown): CommandError {
  return new CommandError(`Nothing was changed, because a file could not be written: ${(error as Error).message}`);
}

/** Makes the journal, whole, unless there is one: a link, unlike a rename, replaces nothing. */
function claim(file: string, text: string): void {
  const draft = temporary(`${file}.${process.pid}`);
  writeFileSync(draft, text, { flush: true });
  try {
    linkSync(draft, file);
  } finally {
    removeQuietly(draft);
  }
}

function anotherRun(): CommandError {
  return new CommandError("Another run is writing into this project, and this one wrote nothing.", {
    nextStep: "Wait until it has ended, and run the command again.",
  });
}

/** Whether the process of a journal still writes. */
function isWriting(file: string, { pid }: Journal): boolean {
  if (pid === process.pid || Date.now() - statSync(file).mtime.getTime() > longestRun_ms) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Deletes journals that runs did not get to make, because they were killed. */
function sweep(supabaseDir: string): void {
  const left = readdirSync(supabaseDir).filter((name) => name.startsWith(`${journalName}.`));
  for (const name of left) removeQuietly(path.join(supabaseDir, name));
}

/** Whether an earlier run was interrupted, and waits to be finished. */
export function isInterrupted(supabaseDir: string): boolean {
  return existsSync(path.join(supabaseDir, journalName));
}

/**
 * Finishes the run that was interrupted, if one was.
 *
 * @returns whether one was
 * @throws CommandError if its journal is none, if the run still writes, or a file of it was edited since; nothing is changed then
 */
export function finishInterrupted(supabaseDir: string): boolean {
  const file = path.join(supabaseDir, journalName);
  const text = readText(file);
  if (text === null) return false;
  const journal = readJournal(text);
  if (isWriting(file, journal)) throw anotherRun();
  checkFiles(supabaseDir, journal, ["before", "after"]);
  carryOut(supabaseDir, journal);
  sweep(supabaseDir);
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
