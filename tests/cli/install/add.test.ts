/** `add`: the files that it puts into a project, those that it leaves alone, and where it refuses. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "smol-toml";
import { describe, expect, test } from "vitest";
import { planText } from "../../../cli/lib/install/plan.ts";
import { add, additionTo, config, lockOf, makeProject, makeRelease, remove, treeOf } from "./project.ts";

const own = {
  "supabase/functions/save/index.ts": "export default {};\n",
  "supabase/functions/verify/index.ts": "Deno.serve(() => new Response());\n",
  "supabase/functions/call/index.ts": "export default {};\n",
  "supabase/functions/_shared/errors.ts": "export class ByokError {}\n",
  "supabase/functions/import_map.json": '{ "imports": { "zod": "npm:zod@3" } }\n',
  "supabase/functions/deno.json": '{ "imports": { "pg": "npm:pg@7" } }\n',
  "supabase/migrations/20240101000000_shop.sql": "create table carts ();\n",
  "supabase/migrations/meta/_journal.json": "{}\n",
};

test("adds the migration, the function, its section and the lock, and touches nothing else", () => {
  const project = makeProject(own);
  add(project);
  const { "supabase/config.toml": edited, "supabase/byok.lock.json": lock, ...tree } = treeOf(project);
  expect(tree).toEqual({
    ...own,
    "supabase/migrations/20261126120000_byok.sql": "create schema byok;\n",
    "supabase/functions/byok/index.ts": makeRelease().functionFiles["index.ts"],
    "supabase/functions/byok/byok.js": "// 0.1.0\n",
    "supabase/functions/byok/deno.json": '{ "imports": {} }\n',
  });
  expect(JSON.parse(lock!)).toMatchObject({ version: "0.1.0", schemaVersion: 1, functionName: "byok" });
  expect(edited!.startsWith(config.trimEnd().split("\n").slice(0, 3).join("\n"))).toBe(true);
  expect(parse(edited!)).toEqual({
    project_id: "shop",
    api: { enabled: true, schemas: ["public", "graphql_public", "byok"] },
    functions: {
      byok: {
        enabled: true,
        verify_jwt: false,
        import_map: "./functions/byok/deno.json",
        entrypoint: "./functions/byok/index.ts",
      },
    },
  });
});

test("records who owns each file, and the text that those of the project began with", () => {
  const project = makeProject();
  add(project, { operations: "select 1;" });
  const { files, migrations, folders } = lockOf(project);
  const owners = Object.entries(files).map(([file, { owner }]) => [file, owner]);
  expect(Object.fromEntries(owners)).toEqual({
    "functions/byok/byok.js": "release",
    "functions/byok/index.ts": "project",
    "functions/byok/deno.json": "project",
    "migrations/20261126120001_byok_operations.sql": "project",
  });
  expect(files["functions/byok/index.ts"]).toMatchObject({ base: makeRelease().functionFiles["index.ts"] });
  expect(migrations).toEqual({
    "0001_byok": { file: "migrations/20261126120000_byok.sql", sha256: expect.any(String) },
  });
  expect(folders).toEqual(["functions", "functions/byok", "migrations"]);
});

test("names the migrations after the project's last one, in the order of the release", () => {
  const project = makeProject({ "supabase/migrations/20991231235959_shop.sql": "" });
  add(project, { release: makeRelease({ migrations: { "0002_byok_teams": "-- 2\n" } }), operations: "select 1;" });
  expect(Object.keys(treeOf(path.join(project, "supabase/migrations")))).toEqual([
    "20991231235959_shop.sql",
    "21000101000000_byok.sql",
    "21000101000001_byok_teams.sql",
    "21000101000002_byok_operations.sql",
  ]);
});

test("puts the operations into a migration of the project's own, which says so", () => {
  const project = makeProject();
  add(project, { operations: "insert into byok.operations default values;\n" });
  const text = readFileSync(path.join(project, "supabase/migrations/20261126120001_byok_operations.sql"), "utf8");
  expect(text).toMatch(/^-- Operations and prices .*\n?.*this project's own/);
  expect(text).toContain("\ninsert into byok.operations default values;\n");
});

test("takes another name of the function", () => {
  const project = makeProject({ "supabase/functions/byok/index.ts": "// another product\n" });
  add(project, { functionName: "llm-keys" });
  const tree = treeOf(project);
  expect(tree["supabase/functions/byok/index.ts"]).toBe("// another product\n");
  expect(Object.keys(tree).filter((name) => name.includes("llm-keys/"))).toHaveLength(3);
  expect(parse(tree["supabase/config.toml"]!)).toMatchObject({
    functions: { "llm-keys": { entrypoint: "./functions/llm-keys/index.ts" } },
  });
});

describe("refuses, and writes nothing,", () => {
  test.each([
    [
      "a function of that name",
      { "supabase/functions/byok/index.ts": "" },
      /a function byok of its own.*functions\/byok/,
    ],
    ["a section of that name", { "supabase/config.toml": "[functions.byok]\nverify_jwt = true\n" }, /functions\.byok/],
    ["a config.toml that is none", { "supabase/config.toml": "[api\n" }, /config\.toml/],
    ["a config.toml that is not UTF-8", {}, /is not UTF-8/],
    [
      "the schema, copied by hand",
      { "supabase/migrations/1_x.sql": 'CREATE SCHEMA "byok";' },
      /1_x\.sql makes a schema byok/,
    ],
    ["a lock that is none", { "supabase/byok.lock.json": "{}" }, /byok\.lock\.json cannot be read/],
  ])("where the project has %s", async (name, tree, complaint) => {
    const project = makeProject(tree);
    if (name.includes("UTF-8")) {
      const { writeFileSync } = await import("node:fs");
      writeFileSync(path.join(project, "supabase/config.toml"), Buffer.from([0x23, 0xe9, 0x0a]));
    }
    const before = treeOf(project);
    expect(() => (name.startsWith("a lock") ? lockOf(project) : add(project))).toThrow(complaint);
    expect(treeOf(project)).toEqual(before);
  });

  test.each(["", "1st", "_shared", "a/b", "..", "a b"])("for the name '%s'", (functionName) => {
    const project = makeProject();
    const before = treeOf(project);
    expect(() => add(project, { functionName })).toThrow("--function-name takes letters");
    expect(treeOf(project)).toEqual(before);
  });
});

test("can be added again after a migration that drops the schema", () => {
  const project = makeProject();
  add(project);
  remove(project, { database: true });
  add(project);
  expect(Object.keys(treeOf(path.join(project, "supabase/migrations")))).toEqual([
    "20261126120000_byok.sql",
    "20261126120001_byok_remove.sql",
    "20261126120002_byok.sql",
  ]);
});

describe("tells of", () => {
  const words = (tree: Record<string, string>) =>
    additionTo(makeProject({ ".git/HEAD": "", ...tree })).notices.join("\n");

  test.each([
    ["Drizzle", { "packages/db/drizzle.config.ts": 'export default { dialect: "postgresql" };' }, "schemaFilter"],
    ["Prisma", { "prisma/schema.prisma": "" }, "Leave byok out of the datasource's schemas"],
    ["declarative schemas", { "supabase/schemas/a.sql": "" }, "supabase db diff --schema public"],
    ["stamps that are numbers", { "supabase/migrations/0001_a.sql": "" }, "Your migrations are numbered as 0001_"],
  ])("%s", (_, tree, notice) => {
    expect(words(tree)).toContain(notice);
  });

  test("nothing where nothing is in the way", () => {
    const tree = { "drizzle.config.ts": 'schemaFilter: ["public"]', "supabase/migrations/20240101000000_a.sql": "" };
    expect(words(tree)).toBe("");
  });
});

test("shows each file, its own ones as a difference, and the release's only by name and length", () => {
  const project = makeProject({ "tsconfig.json": "{}\n" });
  const text = planText(additionTo(project));
  expect(text).toMatch(/^ {2}new {6}supabase\/migrations\/20261126120000_byok\.sql +1 lines$/m);
  expect(text).toMatch(/^ {2}changed {2}supabase\/config\.toml$/m);
  expect(text).toMatch(/^ {2}changed {2}tsconfig\.json$/m);
  expect(text).toContain('-schemas = ["public", "graphql_public"]\n+schemas = ["public", "graphql_public", "byok"]\n');
  expect(text).toContain("--- /dev/null\n+++ supabase/functions/byok/index.ts\n");
  expect(text).not.toContain("create schema byok");
  expect(text).not.toContain("+++ supabase/byok.lock.json");
});
