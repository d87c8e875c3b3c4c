/** Licences of the packages of which something stands in a bundle, as their authors ask for. */
import { globSync, readFileSync } from "node:fs";
import path from "node:path";

interface Bundled {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  readonly text: string;
}

/**
 * @param modules paths of the files that a bundle is made of
 * @returns nothing where no package is in it
 */
export function licencesOf(modules: readonly string[]): string {
  const folders = new Set(modules.flatMap((file) => packageFolder(file) ?? []));
  if (folders.size === 0) return "";
  return [...folders]
    .map(readLicence)
    .sort((left, right) => left.name.localeCompare(right.name))
    .map(({ name, version, licence, text }) => `${name} ${version} (${licence})\n\n${text}`)
    .join(`\n\n${"-".repeat(80)}\n\n`)
    .concat("\n");
}

/** The folder of the package that a file belongs to; undefined for a source of ours. */
function packageFolder(file: string): string | undefined {
  return /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0];
}

function readLicence(folder: string): Bundled {
  const read = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8")) as Record<
    string,
    string | undefined
  >;
  return {
    name: read.name ?? path.basename(folder),
    version: read.version ?? "",
    licence: read.license ?? "no licence named",
    text: licenceText(folder) ?? `Copyright (c) ${authorOf(read.author)}`,
  };
}

/** The file of the licence, or the part of the readme that has it. */
function licenceText(folder: string): string | undefined {
  const [file] = globSync("{LICEN[CS]E,licen[cs]e}*", { cwd: folder });
  if (file !== undefined) return readFileSync(path.join(folder, file), "utf8").trim();
  const [readme] = globSync("{README,readme}*", { cwd: folder });
  if (readme === undefined) return undefined;
  return /^#+\s*licen[cs]e\s*$([^]*)/im.exec(readFileSync(path.join(folder, readme), "utf8"))?.[1]?.trim();
}

/** npm has authors as text, `name <address>`, or as an object. */
function authorOf(author: unknown): string {
  const name = typeof author === "object" && author !== null ? (author as { name?: unknown }).name : author;
  return typeof name === "string" ? name.replace(/ *<.*/, "") : "its authors";
}
