/** Builds and packs the package once, for the tests of what is published. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TestProject } from "vitest/node";
import { type Packed, pack } from "../../cli/lib/build/pack.ts";
import { buildPackage } from "../../cli/lib/build/package.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** `dir` is the built folder. */
    built: Packed & { readonly dir: string };
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
