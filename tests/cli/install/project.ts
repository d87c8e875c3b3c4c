/** Projects of adopters, in folders of their own, and releases to put into them. */
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach } from "vitest";
import { planAddition } from "../../../cli/lib/install/plans/add.ts";
import { readLock } from "../../../cli/lib/install/lock.ts";
import { planRemoval } from "../../../cli/lib/install/plans/remove.ts";
import { planUpdate, type UpdatePlan } from "../../../cli/lib/install/plans/update.ts";
import { finishInterrupted, writeAll } from "../../../cli/lib/install/write.ts";
import { readRelease, type Release } from "../../../cli/lib/release.ts";

/** Path with `/` -> text. */
export type Tree = Readonly<Record<string, string>>;

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** Writes a tree, and returns its folder. */
export function makeFolder(tree: Tree): string {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), "byok-install-")));
  folders.push(folder);
  for (const [name, text] of Object.entries(tree)) {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return folder;
}

/** A folder with a supabase folder. */
export function makeProject(tree: Tree = {}): string {
  return makeFolder({ "supabase/config.toml": config, ...tree });
}

export const config = `project_id = "shop"\n\n[api]\nenabled = true\nschemas = ["public", "graphql_public"]\n`;

/** Every file below a folder, and every folder that is empty. */
export function treeOf(folder: string): Tree {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).map((entry) => {
    const full = path.join(entry.parentPath, entry.name);
    const name = path.relative(folder, full);
    if (entry.isFile()) return [[name, readFileSync(full, "utf8")]];
    return readdirSync(full).length === 0 ? [[`${name}/`, ""]] : [];
  });
  return Object.fromEntries(entries.flat().sort());
}

const index = `import { serveByok } from "./byok.js";\n\nexport default serveByok({\n  // Hooks go here.\n});\n`;

export interface ReleaseParts {
  readonly version?: string;
  readonly migrations?: Readonly<Record<string, string>>;
  readonly functionFiles?: Tree;
}

/** A small release. */
export function makeRelease(parts: ReleaseParts = {}): Release {
  return readRelease(makeAssets(parts));
}

/** Its folder, as the build writes one. */
export function makeAssets({ version = "0.1.0", migrations = {}, functionFiles = {} }: ReleaseParts = {}): string {
  const all = { "0001_byok": "create schema byok;\n", ...migrations };
  const manifest = {
    version,
    schemaVersion: Object.keys(all).length,
    migrations: Object.entries(all).map(([id, text]) => ({
      ...{ id, file: `migrations/${id}.sql` },
      sha256: createHash("sha256").update(text).digest("hex"),
    })),
  };
  const files = { "index.ts": index, "deno.json": '{ "imports": {} }\n', "byok.js": "// 0.1.0\n", ...functionFiles };
  return makeFolder({
    "release.json": JSON.stringify(manifest),
    ...Object.fromEntries(Object.entries(all).map(([id, text]) => [`migrations/${id}.sql`, text])),
    ...Object.fromEntries(Object.entries(files).map(([name, text]) => [`functions/byok/${name}`, text])),
    "examples/operations.sql": "insert into byok.operations default values;\n",
    "remove/10_exposed.sql": "select 1;\n",
    "remove/20_schema.sql": "drop schema byok cascade;\n",
  });
}

export const noon = new Date("2026-11-26T12:00:00Z");

interface Options {
  readonly release?: Release;
  readonly functionName?: string;
  readonly operations?: string | null;
  readonly now?: Date;
  readonly database?: boolean;
}

const supabaseIn = (project: string) => path.join(project, "supabase");

export function additionTo(project: string, options: Options = {}) {
  const { release = makeRelease(), functionName = "byok", operations = null, now = noon } = options;
  return planAddition({ supabaseDir: supabaseIn(project), release, functionName, operations, now });
}

export function updateOf(project: string, release: Release, now = noon): UpdatePlan {
  return planUpdate({ supabaseDir: supabaseIn(project), release, lock: lockOf(project), now });
}

export function removalFrom(project: string, { database = false, release = makeRelease(), now = noon }: Options = {}) {
  return planRemoval({ supabaseDir: supabaseIn(project), release, lock: lockOf(project), database, now });
}

export function lockOf(project: string) {
  const lock = readLock(supabaseIn(project));
  if (!lock) throw new Error("nothing is added");
  return lock;
}

export function add(project: string, options: Options = {}) {
  const plan = additionTo(project, options);
  writeAll(plan);
  return plan;
}

export function update(project: string, release: Release, now?: Date) {
  const plan = updateOf(project, release, now);
  writeAll(plan);
  return plan;
}

export function remove(project: string, options: Options = {}) {
  const plan = removalFrom(project, options);
  writeAll(plan);
  return plan;
}

export const finish = (project: string) => finishInterrupted(supabaseIn(project));

/** Writes a file of the project's own, whose folder is there. */
export function put(project: string, name: string, text: string): void {
  writeFileSync(path.join(project, name), text);
}

export function edit(project: string, name: string, change: (text: string) => string): void {
  const file = path.join(project, name);
  writeFileSync(file, change(readFileSync(file, "utf8")));
}
