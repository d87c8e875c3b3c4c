/** The map in ARCHITECTURE.md: its pictures have the arrows that the imports have, and its table has every shared file. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { root, scan, targetOf } from "../harness/sources.ts";

interface Picture {
  readonly folders: readonly string[];
  /** `from -> to`, as folders. */
  readonly arrows: readonly string[];
}

/** Every flowchart of a Markdown text. A node is `id["folder/<br/>words"]`; its arrows go `id --> id & id`. */
function readPictures(markdown: string): Picture[] {
  return Array.from(markdown.matchAll(/```mermaid\nflowchart ([\s\S]*?)```/g), ([, flowchart]) => {
    const nodes = new Map(Array.from(flowchart!.matchAll(/(\w+)\["([\w/-]+\/)/g), ([, id, path]) => [id!, path!]));
    const arrows = Array.from(flowchart!.matchAll(/^\s*(\w+)(?:\[".*?"\])? --> ([\w& ]+)$/gm)).flatMap(([, from, to]) =>
      to!.split("&").map((id) => `${nodes.get(from!)} -> ${nodes.get(id.trim())}`),
    );
    return { folders: [...nodes.values()], arrows: arrows.sort() };
  });
}

const sources = globSync("{catalogue,protocol,functions,client,components,page,cli,stack}/**/*.{ts,tsx}", {
  cwd: root,
})
  .filter((path) => !path.includes("node_modules"))
  .map((path) => scan(path, readFileSync(join(root, path), "utf8")));

/** `from -> to` for every import between two of these folders, whichever way it goes. */
function importsBetween(folders: readonly string[]): string[] {
  const folderOf = (path: string) => folders.find((folder) => path.startsWith(folder));
  const arrows = sources.flatMap((source) => {
    const from = folderOf(source.path);
    const targets = source.imports.filter((specifier) => specifier.startsWith("."));
    const reached = targets.map((specifier) => folderOf(targetOf(source, specifier)));
    return reached.flatMap((to) => (from && to && from !== to ? [`${from} -> ${to}`] : []));
  });
  return [...new Set(arrows)].sort();
}

const architecture = readFileSync(join(root, "ARCHITECTURE.md"), "utf8");
const pictures = readPictures(architecture);

test("the table of functions/_shared has a row for each file, or for its folder", () => {
  const rows = architecture.split("\n").filter((line) => line.startsWith("| `"));
  const isListed = (file: string) =>
    rows.some((row) => [file, `${file.split("/")[0]}/`].some((name) => row.includes(`\`${name}\``)));
  const files = globSync("**/*.ts", { cwd: join(root, "functions/_shared") });
  expect(files).toContain("relay/relay.ts");
  expect(files.filter((file) => !isListed(file))).toEqual([]);
});

test("the pictures show all rooms, and all groups of what the functions share", () => {
  const shown = pictures.flatMap(({ folders }) => folders);
  const rooms = ["functions/", "protocol/", "client/", "components/", "page/", "cli/", "stack/"];
  const groups = globSync("functions/_shared/*/", { cwd: root }).map((folder) => `${folder.replace(/\/$/, "")}/`);
  expect(shown).toEqual(expect.arrayContaining([...rooms, ...groups]));
});

describe.each(pictures)("the picture of $folders", ({ folders, arrows }) => {
  test("has the arrows that the imports have", () => {
    expect(arrows).toEqual(importsBetween(folders));
  });

  test("has no cycle", () => {
    const next = (folder: string) => arrows.flatMap((arrow) => arrow.split(`${folder} -> `)[1] ?? []);
    const reaches = (from: string, wanted: string, seen = new Set<string>()): boolean =>
      next(from).some((to) => to === wanted || (!seen.has(to) && reaches(to, wanted, seen.add(to))));
    expect(folders.filter((folder) => reaches(folder, folder))).toEqual([]);
  });
});
