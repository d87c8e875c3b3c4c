import type { Guard } from "./mutants.ts";

const tests = "tests/cli/install";
const write = { file: "cli/lib/install/write.ts", test: `${tests}/write.test.ts` };
const add = { file: "cli/lib/install/plans/add.ts", test: `${tests}/add.test.ts` };
const update = { file: "cli/lib/install/plans/update.ts", test: `${tests}/update.test.ts` };
const remove = { file: "cli/lib/install/plans/remove.ts", test: `${tests}/remove.test.ts` };

/** The guards of the commands that write into a project. */
export const installGuards: readonly Guard[] = [
  {
    ...write,
    name: "A plan is not written over what was edited after it was made",
    promise: "G35",
    guard: '    checkFiles(supabaseDir, journal, ["before"]);\n',
    instead: "",
  },
  {
    ...write,
    name: "An interrupted run is not finished over what was edited since",
    guard: '  checkFiles(supabaseDir, journal, ["before", "after"]);\n',
    instead: "",
  },
  {
    ...write,
    name: "A journal that came with a project writes nothing outside it",
    promise: "G35",
    guard: "path: z.union([innerPath, tsconfigPath]),",
    instead: "path: z.string(),",
  },
  {
    ...write,
    name: "A run that is killed leaves its journal",
    guard: "    claim(file, JSON.stringify(journal));\n",
    instead: "",
  },
  {
    ...write,
    name: "Of two runs at once one writes",
    guard: "    linkSync(draft, file);",
    instead: "    renameSync(draft, file);",
  },
  {
    ...write,
    name: "A run that still writes is not finished by another",
    guard: "  if (isWriting(file, journal)) throw anotherRun();\n",
    instead: "",
  },
  {
    ...write,
    name: "A file is replaced whole",
    guard: "  writeFileSync(next, text, { flush: true });",
    instead: "  writeFileSync(target, text); writeFileSync(next, text);",
  },
  {
    ...write,
    name: "A run that cannot write a file takes back what it has written",
    guard: "    undo(supabaseDir, journal);\n",
    instead: "",
  },
  {
    ...write,
    name: "A linked file is written where it is",
    guard: "existsSync(file) ? realpathSync(file) : file",
    instead: "file",
  },
  {
    file: "cli/lib/install/stamps.ts",
    test: `${tests}/stamps.test.ts`,
    name: "A new migration comes last also by its file name",
    guard: "stamp > other && `${stamp}_` > `${other}_`",
    instead: "stamp > other",
  },
  {
    file: "cli/lib/install/lock.ts",
    test: remove.test,
    name: "A lock names no file outside of the supabase folder",
    guard: "z.string().regex(/^(?!\\/|.*\\\\|.*(?:^|\\/)\\.\\.?(?:\\/|$)|[A-Za-z]:)[^\\0]+$/)",
    instead: "z.string()",
  },
  {
    file: "cli/lib/install/lock.ts",
    test: remove.test,
    name: "A lock names a function, and no path in its place",
    guard: "functionName: z.string().regex(slug)",
    instead: "functionName: z.string()",
  },
  {
    file: "cli/lib/install/draft.ts",
    test: add.test,
    name: "A file that is not UTF-8 is not rewritten",
    guard: "fatal: true",
    instead: "fatal: false",
  },
  {
    file: "cli/lib/install/run.ts",
    test: `${tests}/run.test.ts`,
    name: "Without a terminal nothing is written unasked",
    guard: "if (!yes && !isDryRun && !ownTerminal.input.isTTY) {",
    instead: "if (false) {",
  },
  {
    file: "cli/lib/release.ts",
    test: `${tests}/release.test.ts`,
    name: "A migration is installed as it was released",
    guard: 'if (sha256 !== createHash("sha256").update(text).digest("hex")) {',
    instead: "if (false) {",
  },
  {
    ...add,
    name: "A function of the project is not overwritten",
    guard: "if (!existsSync(folder) || readdirSync(folder).length === 0) return;",
    instead: "if (folder) return;",
  },
  {
    ...add,
    name: "The schema is not added to a project that makes it already",
    guard: "  checkSchema(supabaseDir);\n",
    instead: "",
  },
  {
    ...update,
    name: "An edited file of the release is not replaced",
    guard: "else if (digest(now) === known?.sha256) draft.write",
    instead: "else if (owner) draft.write",
  },
  {
    ...update,
    name: "A conflict does not touch the project's file",
    guard: "isConflict ? `${target}${mergeEnding}` : target",
    instead: "target",
  },
  {
    ...update,
    name: "An edited migration stops an update",
    guard: "  if (text !== null) {\n    throw new",
    instead: "  if (false) {\n    throw new",
  },
  {
    ...update,
    name: "An older program does not take a project back",
    guard: "if (isOlder(release.version, before.version)) {",
    instead: "if (false) {",
  },
  {
    ...remove,
    name: "An edited file is kept",
    guard: "if (digest(text) === sha256) draft.remove",
    instead: "if (text) draft.remove",
  },
  {
    ...remove,
    name: "Migrations that were applied are kept",
    guard: "(database && isMigration(file))",
    instead: "false",
  },
];
