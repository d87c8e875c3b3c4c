/** `update` replaces the files of the release, keeps the project's edits, and stops where it could keep them only by losing something. */
import { renameSync, rmSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { add, edit, lockOf, makeProject, makeRelease, put, remove, treeOf, update, updateOf } from "./project.ts";

const index = "supabase/functions/byok/index.ts";
const bundle = "supabase/functions/byok/byok.js";

const firstIndex = makeRelease().functionFiles["index.ts"]!;
const newIndex = firstIndex.replace("// Hooks go here.", "// Hooks go here, see docs/hooks.md.");

const next = () =>
  makeRelease({
    version: "0.2.0",
    migrations: { "0002_byok_teams": "-- 2\n", "0003_byok_limits": "-- 3\n" },
    functionFiles: { "byok.js": "// 0.2.0\n", "index.ts": newIndex },
  });

const later = new Date("2027-01-01T00:00:00Z");

test("replaces what nobody has edited, and adds the new migrations after the project's last one", () => {
  const project = makeProject();
  add(project);
  const { "supabase/migrations/20261126120000_byok.sql": migration } = treeOf(project);
  update(project, next(), later);
  const tree = treeOf(project);
  expect(tree[bundle]).toBe("// 0.2.0\n");
  expect(tree[index]).toBe(newIndex);
  expect(tree["supabase/migrations/20261126120000_byok.sql"]).toBe(migration);
  expect(tree["supabase/migrations/20270101000000_byok_teams.sql"]).toBe("-- 2\n");
  expect(tree["supabase/migrations/20270101000001_byok_limits.sql"]).toBe("-- 3\n");
  expect(lockOf(project)).toMatchObject({ version: "0.2.0", schemaVersion: 3 });
});

test.each([
  ["of the same release", () => makeRelease()],
  ["of a newer one", next],
])("a second run %s changes nothing", (_, release) => {
  const project = makeProject({ "tsconfig.json": "{}" });
  add(project, { operations: "select 1;" });
  update(project, release(), later);
  expect(updateOf(project, release(), new Date("2028-01-01T00:00:00Z")).changes).toEqual([]);
});

test("of the release that was added changes nothing", () => {
  const project = makeProject({ "tsconfig.json": "{}" });
  const release = makeRelease({ migrations: { "0002_byok_b": "-- 2\n", "0010_byok_c": "-- 10\n" } });
  add(project, { operations: "select 1;", release });
  expect(updateOf(project, release, later).changes).toEqual([]);
});

test("writes what was deleted anew, into the same files", () => {
  const project = makeProject();
  add(project);
  const before = treeOf(project);
  rmSync(path.join(project, "supabase/functions"), { recursive: true });
  update(project, makeRelease());
  expect(treeOf(project)).toEqual(before);
});

test("puts the function's section back where config.toml has lost it, so that remove finds it", () => {
  const project = makeProject();
  const before = treeOf(project)["supabase/config.toml"]!;
  add(project);
  edit(project, "supabase/config.toml", () => before);
  update(project, makeRelease());
  expect(treeOf(project)["supabase/config.toml"]).toContain("[functions.byok]");
  remove(project);
  expect(treeOf(project)).toEqual({ "supabase/config.toml": before });
});

describe("an edit of the project's index.ts", () => {
  test("is merged with the release's", () => {
    const project = makeProject();
    add(project);
    edit(project, index, (text) => `import "./captcha.ts";\n${text}`);
    expect(update(project, next()).conflicts).toEqual([]);
    expect(treeOf(project)[index]).toBe(`import "./captcha.ts";\n${newIndex}`);
  });

  test("of the same lines is kept, and both lie in a file beside it, until that is deleted", () => {
    const project = makeProject();
    add(project);
    edit(project, index, (text) => text.replace("// Hooks go here.", "beforeKeyCheck: captcha,"));
    const mine = treeOf(project)[index]!;
    const plan = update(project, next());
    const { [index]: kept, [`${index}.byok-merge`]: both } = treeOf(project);
    expect(plan.conflicts).toEqual(["functions/byok/index.ts"]);
    expect(plan.notices.join()).toContain(`${index}: your edit and the release change the same lines.`);
    expect(kept).toBe(mine);
    expect(both).toContain(
      "<<<<<<< yours\n  beforeKeyCheck: captcha,\n||||||| before\n  // Hooks go here.\n=======\n  // Hooks go here, see docs/hooks.md.\n>>>>>>> release\n",
    );
    expect(updateOf(project, next())).toMatchObject({ changes: [], conflicts: ["functions/byok/index.ts"] });

    rmSync(path.join(project, `${index}.byok-merge`));
    expect(updateOf(project, next())).toMatchObject({ changes: [], conflicts: [] });
  });

  test("that is the release's own is no conflict", () => {
    const project = makeProject();
    add(project);
    edit(project, index, () => newIndex);
    expect(update(project, next()).conflicts).toEqual([]);
    expect(treeOf(project)[index]).toBe(newIndex);
  });
});

describe("stops, shows the edit and writes nothing", () => {
  test.each([
    ["a file of the release", bundle, "// 0.1.0\n", /byok\.js\n@@ .*\n-\/\/ 0\.2\.0\n\+\/\/ mine/s],
    ["a migration", "supabase/migrations/20261126120000_byok.sql", "", /20261126120000_byok\.sql was edited/],
  ])("where %s was edited", (_, file, __, complaint) => {
    const project = makeProject();
    add(project);
    edit(project, file, () => "// mine\n");
    const before = treeOf(project);
    expect(() => update(project, next())).toThrow(complaint);
    expect(treeOf(project)).toEqual(before);
  });

  test("where a file that the release no longer has was edited", () => {
    const project = makeProject();
    add(project, { release: makeRelease({ functionFiles: { "chunk.js": "// a\n" } }) });
    edit(project, "supabase/functions/byok/chunk.js", () => "// mine\n");
    const before = treeOf(project);
    expect(() => update(project, next())).toThrow("functions/byok/chunk.js, which the release no longer has");
    expect(treeOf(project)).toEqual(before);
  });

  test("where a new file of the release would replace one of the project", () => {
    const project = makeProject();
    add(project);
    const helper = makeRelease({ version: "0.2.0", functionFiles: { "helper.js": "// release\n" } });
    put(project, "supabase/functions/byok/helper.js", "// mine\n");
    expect(() => update(project, helper)).toThrow(/helper\.js/);
    expect(treeOf(project)["supabase/functions/byok/helper.js"]).toBe("// mine\n");
  });

  test.each(["0.0.9", "0.1.0-beta.1"])("where the project has a newer release than %s", (version) => {
    const project = makeProject();
    add(project);
    expect(() => update(project, makeRelease({ version }))).toThrow("This project has supabase-byok 0.1.0");
  });
});

test("a file that the release no longer has goes", () => {
  const project = makeProject();
  add(project, { release: makeRelease({ functionFiles: { "chunk.js": "// a\n" } }) });
  update(project, next());
  expect(treeOf(project)).not.toHaveProperty(["supabase/functions/byok/chunk.js"]);
  expect(lockOf(project).files).not.toHaveProperty(["functions/byok/chunk.js"]);
});

test("a migration that got another stamp is known by its text, and one that was squashed is not added again", () => {
  const project = makeProject();
  add(project);
  const folder = path.join(project, "supabase/migrations");
  renameSync(path.join(folder, "20261126120000_byok.sql"), path.join(folder, "20261127000000_byok.sql"));
  expect(update(project, makeRelease()).notices).toEqual([]);
  expect(lockOf(project).migrations["0001_byok"]!.file).toBe("migrations/20261127000000_byok.sql");

  rmSync(path.join(folder, "20261127000000_byok.sql"));
  const { changes, notices } = updateOf(project, makeRelease());
  expect(changes).toEqual([]);
  expect(notices.join()).toContain("20261127000000_byok.sql is no longer there");
});

test("the line ends of Windows are no edit, and stay", () => {
  const project = makeProject();
  add(project);
  for (const file of [index, bundle, "supabase/config.toml", "supabase/byok.lock.json"]) {
    edit(project, file, (text) => text.replaceAll("\n", "\r\n"));
  }
  edit(project, "supabase/migrations/20261126120000_byok.sql", (text) => text.replaceAll("\n", "\r\n"));
  edit(project, index, (text) => `import "./captcha.ts";\r\n${text}`);
  update(project, next());
  const tree = treeOf(project);
  expect(tree[bundle]).toBe("// 0.2.0\r\n");
  expect(tree[index]).toBe(`import "./captcha.ts";\n${newIndex}`.replaceAll("\n", "\r\n"));
  expect(tree["supabase/config.toml"]!.replaceAll("\r\n", "")).not.toContain("\n");
  expect(tree["supabase/byok.lock.json"]!.replaceAll("\r\n", "")).not.toContain("\n");
});
