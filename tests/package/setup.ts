/** Builds and packs the package once, for the tests of what is published. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TestProject } from "vitest/node";
import { buildPackage } from "../../cli/lib/build/package.ts";

export interface BuiltPackage {
  /** The built folder. */
  readonly dir: string;
  readonly tarball: string;
  /** As `npm pack` lists them, in bytes. */
  readonly files: readonly { readonly path: string; readonly size: number }[];
  readonly packed_bytes: number;
  readonly unpacked_bytes: number;
}

declare module "vitest" {
  interface ProvidedContext {
    built: BuiltPackage;
  }
}

export default async function setup(project: TestProject): Promise<() => void> {
  const folder = mkdtempSync(path.join(tmpdir(), "byok-package-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const dir = path.join(folder, "package");
    await buildPackage(dir);
    project.provide("built", { dir, ...pack(dir, folder) });
  } catch (error) {
    remove();
    throw error;
  }
  return remove;
}

/** @param folder gets the tarball */
export function pack(dir: string, folder: string): Omit<BuiltPackage, "dir"> {
  const packed = execFileSync("npm", ["pack", dir, "--json", "--pack-destination", folder], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  const answer = JSON.parse(packed) as PackedFile[] | Record<string, PackedFile>;
  const [{ filename, files, size, unpackedSize }] = Object.values(answer) as [PackedFile];
  return { tarball: path.join(folder, filename), files, packed_bytes: size, unpacked_bytes: unpackedSize };
}

interface PackedFile {
  readonly filename: string;
  readonly files: BuiltPackage["files"];
  readonly size: number;
  readonly unpackedSize: number;
}
