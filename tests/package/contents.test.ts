/** The contents of the tarball: nothing is missing, and nothing of this machine or of the repository comes along. */
import { createHash } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import path from "node:path";
import { expect, inject, test } from "vitest";
import { catalogueNames, operatorFiles as linkedFiles } from "../../cli/lib/build/docs.ts";
import { projectDir } from "../../stack/config.ts";

const { dir, files, packed_bytes, unpacked_bytes } = inject("built");
const paths = files.map((file) => file.path).sort();
const read = (file: string) => readFileSync(path.join(dir, file), "utf8");
/** Whether there is such a file, or a folder, which ends in a slash, with something in it. */
const has = (place: string) => paths.some((file) => file === place || (place.endsWith("/") && file.startsWith(place)));
const manifest = JSON.parse(read("package.json"));

/** Files that the pages tell an operator to run, to copy or to read. */
const operatorFiles = [
  ...globSync("catalogue/{reasons,offers/*}.ts", { cwd: projectDir }).sort(),
  "cli/provider-costs.example.toml",
  "sql/91_schedule.sql",
  "sql/examples/operations.sql",
  ...globSync("sql/optional/*.sql", { cwd: projectDir }).sort(),
  "sql/remove/byok.sql",
];

test("the tarball holds the library, the command, what the command writes into a project, and no more", () => {
  const outer = paths.filter((file) => !/^(lib|cli|docs|fixtures)\//.test(file));
  expect(outer).toEqual([
    "LICENSE",
    "README.md",
    "SECURITY.md",
    "assets/examples/operations.sql",
    ...["answers.js", "byok.js", "core.js", "credits.js", "deno.json", "index.ts", "keys.js", "models.js"]
      .concat("postgres.js", "provider-errors.js")
      .map((name) => `assets/functions/byok/${name}`),
    "assets/migrations/0001_byok.sql",
    "assets/release.json",
    "assets/remove/byok.sql",
    "byok.css",
    ...operatorFiles.filter((file) => file.startsWith("catalogue/")),
    "llms.txt",
    "package.json",
    "registry/byok.json",
    ...operatorFiles.filter((file) => file.startsWith("sql/")),
    "stack/functions/edge.js",
    "stack/own-files.js",
    ...globSync("stack/postgres/bootstrap/*.sql", { cwd: projectDir }).sort(),
  ]);
  const folders = new Set(paths.filter((file) => file.startsWith("lib/")).map((file) => path.dirname(file)));
  expect([...folders]).toEqual([
    "lib/catalogue",
    "lib/client",
    "lib/components",
    "lib/components/credits",
    "lib/components/keys",
    "lib/components/parts",
    "lib/protocol",
  ]);
  expect(paths.filter((file) => file.startsWith("cli/") && !/^cli\/[\w-]+\.js$/.test(file))).toEqual([
    "cli/LICENCES.txt",
    "cli/provider-costs.example.toml",
  ]);
  const fixtures = paths.filter((file) => file.startsWith("fixtures/"));
  expect(fixtures.filter((file) => !/^fixtures\/providers\/[a-z]+\/answers\.json$/.test(file))).toEqual([]);
});

test("it is small", () => {
  expect(packed_bytes).toBeLessThan(720_000);
  expect(unpacked_bytes).toBeLessThan(2_800_000);
  const library = files.filter((file) => /^lib\/.*\.js$|^byok\.css$/.test(file.path));
  expect(library.reduce((sum, { size }) => sum + size, 0)).toBeLessThan(180_000);
});

test("it asks for no package but its peers, of which an app that has only the client needs one", () => {
  expect(manifest).not.toHaveProperty("dependencies");
  expect(manifest).not.toHaveProperty("scripts");
  expect(manifest).not.toHaveProperty("private");
  const optional = Object.keys(manifest.peerDependenciesMeta);
  expect(Object.keys(manifest.peerDependencies).filter((peer) => !optional.includes(peer))).toEqual([
    "@supabase/supabase-js",
  ]);
});

test("each export is a file with its types", () => {
  for (const target of Object.values(manifest.exports)) {
    for (const file of Object.values(typeof target === "string" ? [target] : (target as object))) {
      expect(paths).toContain(String(file).replace("./", ""));
    }
  }
  expect(paths).toContain(manifest.bin["supabase-byok"]);
});

test("the settings page is the client's part where a server renders", () => {
  expect(read("lib/components/index.js")).toMatch(/^"use client";\n/);
});

test("types of the functions are not among it, and no import leads out of it", () => {
  const library = paths.filter((file) => /^lib\/.*\.(js|d\.ts)$/.test(file));
  for (const file of library) {
    const imports = Array.from(read(file).matchAll(/(?:from |import |import\()"([^"]+)"/g), ([, name]) => name!);
    for (const name of imports) {
      if (!name.startsWith(".")) {
        expect(["react", "react/jsx-runtime", "@supabase/supabase-js"]).toContain(name);
        continue;
      }
      expect(name).toMatch(/\.js$/);
      const target = path.posix.join(path.posix.dirname(file), name);
      expect(paths).toContain(file.endsWith(".d.ts") ? target.replace(/\.js$/, ".d.ts") : target);
    }
  }
});

test("every link in its documentation leads to a file in it, and there are no pictures", () => {
  for (const file of paths.filter((name) => /\.md$|^llms\.txt$/.test(name))) {
    const prose = read(file)
      .replace(/^```.*?^```$/gms, "")
      .replace(/`[^`\n]*`/g, "");
    const targets = Array.from(prose.matchAll(/\]\(([^)\s#]+)[^)]*\)/g), ([, target]) => target!);
    for (const target of targets.filter((name) => !/^[a-z]+:/.test(name))) {
      const place = path.posix.join(path.posix.dirname(file), target);
      expect(has(place), `${file}: ${target}`).toBe(true);
    }
    for (const name of catalogueNames(read(file))) expect(has(name), `${file}: ${name}`).toBe(true);
    expect(prose).not.toMatch(/<img|!\[/);
  }
  expect(paths).toEqual(expect.arrayContaining(["docs/use.md", "docs/agent.md", "docs/reference/errors.md"]));
});

test("each file that its documentation tells an operator to run, to copy or to read is in it, as in the repository", () => {
  const linked = paths.filter((file) => file.endsWith(".md")).flatMap((file) => linkedFiles(file, read(file)));
  expect([...new Set(linked)].sort()).toEqual(operatorFiles);
  for (const file of operatorFiles) expect(read(file)).toBe(readFileSync(path.join(projectDir, file), "utf8"));
});

test("the stylesheet is whole", () => {
  expect(read("byok.css")).not.toContain("@import");
  expect(read("byok.css")).toContain(".byok");
});

test("no file names a place on the machine that built it, and none is a source map or a test", () => {
  const places = [projectDir.replace(/\/$/, ""), homedir(), tmpdir()].filter((name) => name.length > 4);
  const isTelling = (file: string) =>
    places.some((place) => read(file).includes(`${place}/`)) || /sourceMappingURL=|sourcesContent/.test(read(file));
  expect(paths.filter((file) => /\.map$|\.test\.|\/tests?\//.test(file))).toEqual([]);
  expect(paths.filter(isTelling)).toEqual([]);
});

test("release.json lists the migrations with their checksums", () => {
  const release = JSON.parse(read("assets/release.json"));
  expect(release.version).toBe(manifest.version);
  expect(release.migrations).not.toHaveLength(0);
  for (const { id, file, sha256 } of release.migrations) {
    expect(file).toBe(`migrations/${id}.sql`);
    expect(
      createHash("sha256")
        .update(read(`assets/${file}`))
        .digest("hex"),
    ).toBe(sha256);
  }
});

test("the licences of all packages of which something is in the command are in it", () => {
  const licences = read("cli/LICENCES.txt");
  for (const name of ["pg", "zod", "smol-toml", "jose"]) expect(licences).toMatch(new RegExp(`^${name} \\d`, "m"));
  expect(licences).not.toContain("no licence named");
});
