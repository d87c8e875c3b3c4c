/** The compiler of a project no longer reads the functions, which are for Deno; the rest of its tsconfig is as it was. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { projectDir } from "../../../stack/config.ts";
import { add, edit, lockOf, makeProject, remove, type Tree, treeOf } from "./project.ts";

/** The files of a project that TypeScript itself would read, relative to the tsconfig's folder. */
function readBy(tsconfig: string): string[] {
  const program = path.join(projectDir, "node_modules/.bin/tsc");
  const shown = execFileSync(program, ["--showConfig", "-p", tsconfig], { encoding: "utf8" });
  return ((JSON.parse(shown) as { files?: string[] }).files ?? []).map((file) => path.posix.normalize(file));
}

const source = { ".git/HEAD": "", "src/index.ts": "", "index.ts": "", "dist/old.d.ts": "" };

const reaching: Readonly<Record<string, Tree>> = {
  "has nothing": { "tsconfig.json": "{}" },
  "is Next's": {
    "tsconfig.json": `{
  "compilerOptions": {
    "strict": true,
    "jsx": "react-jsx" // by Next
  },
  "include": ["next-env.d.ts", "**/*.ts", "**/*.tsx", ".next/types/**/*.ts"],
  "exclude": ["node_modules"]
}
`,
  },
  "excludes on lines of their own, with a comma after the last": {
    "tsconfig.json": `{\n\t"exclude": [\n\t\t"node_modules", // theirs\n\t\t"dist",\n\t],\n}\n`,
  },
  "has the line ends of Windows and a byte order mark": {
    "tsconfig.json": `\ufeff{\r\n  "compilerOptions": {\r\n    "strict": true\r\n  }\r\n}\r\n`,
  },
  "compiles into a folder": { "tsconfig.json": `{ "compilerOptions": { "outDir": "dist", "declaration": true } }` },
  "excludes nothing": { "tsconfig.json": `{ "exclude": [ ] }` },
  "extends one that includes all": {
    "tsconfig.base.json": `{ "include": ["./**/*"], "exclude": ["dist"] }`,
    "tsconfig.json": `{\n  "extends": "./tsconfig.base.json"\n}\n`,
  },
  "names the folder": { "tsconfig.json": `{ "include": ["src", "supabase"] }` },
  "is for a build, and extends the other": {
    "tsconfig.json": `{ "compilerOptions": {} }`,
    "tsconfig.build.json": `{ "extends": "./tsconfig.json", "exclude": ["**/*.test.ts"] }`,
  },
};

describe.each(Object.entries(reaching))("a tsconfig that %s", (_, tree) => {
  const names = Object.keys(tree).filter((name) => /tsconfig(?:\.build)?\.json$/.test(name));

  test("reads everything but the functions afterwards, and comes back byte by byte", () => {
    const project = makeProject({ ...source, ...tree });
    const before = treeOf(project);
    const read = names.map((name) => readBy(path.join(project, name)));
    add(project);
    for (const [index, name] of names.entries()) {
      expect(readBy(path.join(project, name))).toEqual(read[index]);
    }
    remove(project);
    expect(treeOf(project)).toEqual(before);
  });
});

test.each([
  ["includes a folder of its own", { "tsconfig.json": `{ "include": ["src"] }` }],
  ["only refers to others", { "tsconfig.json": `{ "files": [], "references": [] }` }],
  ["excludes the folder", { "tsconfig.json": `{ "exclude": ["supabase"] }` }],
  ["excludes the functions", { "tsconfig.json": `{ "include": ["**/*.ts"], "exclude": ["./supabase/functions/**"] }` }],
])("a tsconfig that %s stays as it is", (_, tree) => {
  const project = makeProject({ ...source, ...tree });
  add(project);
  expect(readFileSync(path.join(project, "tsconfig.json"), "utf8")).toBe(tree["tsconfig.json"]);
  expect(lockOf(project).tsconfigs).toEqual({});
});

test("the tsconfig at the root of a monorepo is edited, and none outside of the repository", () => {
  const root = makeProject({
    "tsconfig.json": "{}",
    "repository/.git/HEAD": "",
    "repository/tsconfig.json": "{}",
    "repository/packages/db/supabase/config.toml": "",
  });
  add(path.join(root, "repository/packages/db"));
  const tree = treeOf(root);
  expect(JSON.parse(tree["repository/tsconfig.json"]!)).toEqual({
    exclude: ["node_modules", "packages/db/supabase/functions"],
  });
  expect(tree["tsconfig.json"]).toBe("{}");
});

test("an exclusion that was moved is found again, and one that was rewritten is named and kept", () => {
  const project = makeProject({ "tsconfig.json": `{\n  "exclude": [\n    "dist"\n  ]\n}\n` });
  add(project);
  edit(project, "tsconfig.json", (text) => text.replace('"dist"', '"build"'));
  remove(project);
  expect(treeOf(project)["tsconfig.json"]).toBe(`{\n  "exclude": [\n    "build"\n  ]\n}\n`);

  add(project);
  edit(project, "tsconfig.json", () => `{ "exclude": ["supabase/functions"] }`);
  expect(remove(project).notices.join()).toContain("tsconfig.json: the exclusion of supabase/functions was rewritten");
  expect(treeOf(project)["tsconfig.json"]).toBe(`{ "exclude": ["supabase/functions"] }`);
});

test("a tsconfig that is no JSON stops the command", () => {
  const project = makeProject({ "tsconfig.json": "{ nonsense" });
  const before = treeOf(project);
  expect(() => add(project)).toThrow("tsconfig.json is no JSON object");
  expect(treeOf(project)).toEqual(before);
});
