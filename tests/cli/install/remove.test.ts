/** `remove` takes out what was put in: the bytes of before, with the project's edits kept and named. */
import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  add,
  config,
  edit,
  makeProject,
  makeRelease,
  put,
  remove,
  removalFrom,
  type Tree,
  treeOf,
  update,
} from "./project.ts";

const edited = "was edited, and stays. Delete it yourself.";

test("leaves git status clean", () => {
  const project = makeProject({
    "tsconfig.json": "{}\n",
    "supabase/migrations/20240101000000_shop.sql": "select 1;\n",
  });
  const git = (...words: string[]) =>
    execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@b.example", ...words], {
      cwd: project,
      encoding: "utf8",
    });
  git("init", "-q");
  git("add", "-A");
  git("commit", "-q", "-m", "shop");
  add(project, { operations: "select 1;" });
  expect(git("status", "--short")).not.toBe("");
  remove(project);
  expect(git("status", "--short")).toBe("");
});

describe("with edits since", () => {
  test.each([
    ["supabase/functions/byok/index.ts"],
    ["supabase/functions/byok/byok.js"],
    ["supabase/migrations/20261126120000_byok.sql"],
    ["supabase/migrations/20261126120001_byok_operations.sql"],
  ])("keeps %s, and names it", (file) => {
    const project = makeProject();
    const before = treeOf(project);
    add(project, { operations: "select 1;" });
    edit(project, file, () => "-- mine\n");
    expect(remove(project).notices).toContain(`${file} ${edited}`);
    expect(treeOf(project)).toEqual({ ...before, [file]: "-- mine\n" });
  });

  test("keeps the edits of config.toml elsewhere", () => {
    const project = makeProject();
    add(project);
    edit(project, "supabase/config.toml", (text) => text.replace('"shop"', '"market"'));
    remove(project);
    expect(treeOf(project)).toEqual({ "supabase/config.toml": config.replace('"shop"', '"market"') });
  });

  test("names a conflict of an update that nobody has settled", () => {
    const project = makeProject();
    add(project);
    edit(project, "supabase/functions/byok/index.ts", () => "// mine\n");
    update(project, makeRelease({ version: "0.2.0", functionFiles: { "index.ts": "// theirs\n" } }));
    const { notices } = remove(project);
    expect(notices).toContain("supabase/functions/byok/index.ts.byok-merge stays. Delete it yourself.");
  });

  test("keeps other files in the function's folder", () => {
    const project = makeProject();
    add(project);
    put(project, "supabase/functions/byok/captcha.ts", "// mine\n");
    remove(project);
    expect(treeOf(project)).toEqual({
      "supabase/config.toml": config,
      "supabase/functions/byok/captcha.ts": "// mine\n",
    });
  });

  test("takes files with the line ends of Windows for unedited", () => {
    const project = makeProject();
    add(project);
    edit(project, "supabase/functions/byok/index.ts", (text) => text.replaceAll("\n", "\r\n"));
    remove(project);
    expect(treeOf(project)).toEqual({ "supabase/config.toml": config });
  });
});

describe("--database", () => {
  test("keeps the migrations, and adds one after them that drops everything", () => {
    const project = makeProject();
    add(project, { operations: "select 1;" });
    edit(project, "supabase/migrations/20261126120001_byok_operations.sql", (text) => `${text}-- mine\n`);
    const { notices } = remove(project, { database: true });
    const tree = treeOf(project);
    expect(Object.keys(tree)).toEqual([
      "supabase/config.toml",
      "supabase/migrations/20261126120000_byok.sql",
      "supabase/migrations/20261126120001_byok_operations.sql",
      "supabase/migrations/20261126120002_byok_remove.sql",
    ]);
    expect(tree["supabase/migrations/20261126120002_byok_remove.sql"]).toContain("\ndrop schema byok cascade;\n");
    expect(tree["supabase/config.toml"]).toBe(config);
    expect(notices.join()).toContain(
      "deletes every saved API key and all credits. First take byok out of the exposed schemas",
    );
  });
});

test("says when deleting the migrations is right", () => {
  const project = makeProject();
  add(project);
  expect(removalFrom(project).notices.join()).toContain(
    "right only if they were never applied. If they were, use --database.",
  );
});

describe("a lock from elsewhere", () => {
  test("that names the function as a path is not obeyed", () => {
    const project = makeProject();
    add(project);
    edit(project, "supabase/byok.lock.json", (text) =>
      text.replace('"functionName": "byok"', '"functionName": "../x"'),
    );
    expect(() => remove(project)).toThrow("supabase/byok.lock.json cannot be read: functionName");
  });

  test.each(["../../.ssh/config", "/etc/passwd", "functions/../../x", "functions/./x", "C:\\x", "a\\..\\..\\x"])(
    "that names %s is not obeyed",
    (name) => {
      const project = makeProject();
      add(project);
      edit(project, "supabase/byok.lock.json", (text) =>
        text.replace("functions/byok/byok.js", JSON.stringify(name).slice(1, -1)),
      );
      const before = treeOf(project);
      expect(() => remove(project)).toThrow("supabase/byok.lock.json cannot be read");
      expect(treeOf(project)).toEqual(before);
    },
  );
});

const line = fc.constantFrom(
  "",
  "# a comment",
  "[auth]",
  "site_url = 'https://a.example'",
  "[functions.save]",
  "verify_jwt = true",
);
const configs = fc.oneof(
  fc.constantFrom(
    "",
    'project_id = "a"',
    '[api]\nschemas = [\n  "public", # ours\n  "graphql_public",\n]\n\n[db]\nport = 1\n',
    'api.schemas = ["public"]\n',
    "api = { port = 1 }\nfunctions = { save = { verify_jwt = true } }\n",
    "[functions.save]\nverify_jwt = false\n\n[api]\n",
  ),
  fc
    .uniqueArray(line, { maxLength: 3 })
    .map((lines) => `project_id = "a"\n${lines.filter((text) => !text.includes("=")).join("\n")}\n`),
);
const tsconfigs = fc.constantFrom(
  {},
  { "tsconfig.json": "{}" },
  { "tsconfig.json": '{\n  // mine\n  "include": ["**/*"],\n  "exclude": ["dist"],\n}\n' },
);
const migrations = fc
  .uniqueArray(fc.stringMatching(/^[0-8]\d{0,14}$/), { maxLength: 3 })
  .map((stamps) => Object.fromEntries(stamps.map((stamp) => [`supabase/migrations/${stamp}_a.sql`, "select 1;\n"])));
const functions = fc
  .subarray(["save/index.ts", "byok/index.ts", "_shared/errors.ts", "import_map.json"])
  .map((names) => Object.fromEntries(names.map((name) => [`supabase/functions/${name}`, "// mine\n"])));

test("after add, with an update between or not, gives the same bytes for any project", () => {
  const newer = makeRelease({
    version: "0.2.0",
    migrations: { "0002_byok_b": "-- 2\n" },
    functionFiles: { "x.js": "" },
  });
  fc.assert(
    fc.property(
      fc.record({ configs, tsconfigs, migrations, functions, windows: fc.boolean(), updated: fc.boolean() }),
      ({ configs: text, tsconfigs: typescript, migrations: sql, functions: deno, windows, updated }) => {
        const tree: Tree = { "supabase/config.toml": text, ...typescript, ...sql, ...deno };
        const ends = (one: string) => (windows ? one.replaceAll("\n", "\r\n") : one);
        const project = makeProject(Object.fromEntries(Object.entries(tree).map(([name, one]) => [name, ends(one)])));
        const before = treeOf(project);
        add(project, { functionName: "llm-keys", operations: "select 1;" });
        if (updated) update(project, newer);
        remove(project);
        expect(treeOf(project)).toEqual(before);
      },
    ),
    { numRuns: 60 },
  );
});
