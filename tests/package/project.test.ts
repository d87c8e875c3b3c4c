/** The built command in somebody's project: what it adds it takes out again. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, inject, test } from "vitest";

const program = path.join(inject("built").dir, "cli/main.js");

let project: string;
beforeEach(() => {
  project = realpathSync(mkdtempSync(path.join(tmpdir(), "byok-project-")));
  mkdirSync(path.join(project, "supabase/migrations"), { recursive: true });
  writeFileSync(path.join(project, "supabase/config.toml"), '[api]\nschemas = ["public"]\n');
  writeFileSync(path.join(project, "supabase/migrations/20240101000000_shop.sql"), "create table carts ();\n");
  writeFileSync(path.join(project, "tsconfig.json"), "{}\n");
  git("init", "-q");
  git("add", "-A");
  git("-c", "user.name=a", "-c", "user.email=a@b.example", "commit", "-q", "-m", "shop");
});
afterEach(() => rmSync(project, { recursive: true, force: true }));

function git(...words: string[]): string {
  return execFileSync("git", words, { cwd: project, encoding: "utf8" });
}

/** Types a command in the project, and returns its output. */
function type(...words: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...words], {
    cwd: project,
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  expect(status).toBe(0);
  return stdout;
}

test("adds itself, is up to date, and leaves git status clean when it is removed", () => {
  const { changes } = JSON.parse(type("add", "--dry-run", "--json")) as { changes: { path: string }[] };
  expect(git("status", "--short")).toBe("");
  type("add", "--yes", "--operations", "examples");
  const added = git("status", "--short", "--untracked-files=all")
    .trimEnd()
    .split("\n")
    .map((line) => line.slice(3));
  const stamp = /\d{14}/;
  const named = (names: string[]) => names.map((name) => name.replace(stamp, "<time>")).sort();
  expect(named(added)).toEqual(
    named([...changes.map((change) => change.path), "supabase/migrations/20240101000000_byok_operations.sql"]),
  );
  expect(JSON.parse(type("update", "--dry-run", "--json"))).toMatchObject({ changes: [], notices: [] });
  type("remove", "--yes");
  expect(git("status", "--short")).toBe("");
});

test("writes the migration that takes the schema out, after which it can be added again", () => {
  const migrations = () =>
    readdirSync(path.join(project, "supabase/migrations")).map((name) => name.replace(/^\d+_/, ""));
  type("add", "--yes");
  type("remove", "--yes", "--database");
  expect(migrations()).toEqual(["shop.sql", "byok.sql", "byok_remove.sql"]);
  const [removal] = readdirSync(path.join(project, "supabase/migrations")).slice(-1);
  expect(readFileSync(path.join(project, "supabase/migrations", removal!), "utf8")).toContain(
    "drop schema if exists byok",
  );
  type("add", "--yes");
  expect(migrations()).toEqual(["shop.sql", "byok.sql", "byok_remove.sql", "byok.sql"]);
});
