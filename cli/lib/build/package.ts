/** The package that is published: built from the sources of the repository into one folder. */
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { projectDir } from "../../../stack/config.ts";
import { buildAssets } from "./assets.ts";
import { buildDocs } from "./docs.ts";
import { buildLibrary } from "./library.ts";
import { packageManifest } from "./manifest.ts";
import { buildProgram } from "./program.ts";
import { buildRegistry } from "./registry.ts";
import { buildStyles } from "./styles.ts";

export const packageDir = path.join(projectDir, "dist/package");

/**
 * Builds the package, from nothing.
 *
 * @param outDir gets what `npm pack` packs
 */
export async function buildPackage(outDir = packageDir): Promise<void> {
  rmSync(outDir, { recursive: true, force: true });
  mkdirSync(outDir, { recursive: true });
  await buildLibrary(path.join(outDir, "lib"));
  buildStyles(path.join(outDir, "byok.css"));
  await buildProgram(outDir);
  await buildAssets(path.join(outDir, "assets"));
  buildRegistry(path.join(outDir, "registry"));
  buildDocs(outDir);
  cpSync(path.join(projectDir, "LICENSE"), path.join(outDir, "LICENSE"));
  writeFileSync(
    path.join(outDir, "package.json"),
    `${JSON.stringify(packageManifest(readdirSync(outDir)), null, 2)}\n`,
  );
}
