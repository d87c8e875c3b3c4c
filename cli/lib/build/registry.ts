/**
 * The components as an item of a shadcn registry, for apps that want to own their source: `npx shadcn add <file>`. The client and what the
 * components read of the catalogue stay in the package. https://ui.shadcn.com/docs/registry/registry-item-json, November 2026.
 */
import { globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { projectDir } from "../../../stack/config.ts";
import { rootManifest } from "./manifest.ts";
import { wholeStylesheet } from "./styles.ts";

interface RegistryFile {
  readonly path: string;
  readonly type: "registry:component" | "registry:file";
  readonly target: string;
  readonly content: string;
}

/** @param outDir gets `byok.json` */
export function buildRegistry(outDir: string): void {
  const { name, description } = rootManifest();
  const item = {
    $schema: "https://ui.shadcn.com/schema/registry-item.json",
    name: "byok",
    type: "registry:block",
    title: "API keys and credits",
    description,
    dependencies: [name],
    docs: `Import components/byok and components/byok/byok.css on your settings page. ${name}/client makes the client that they take.`,
    files: [...componentFiles(name), stylesheet()],
  };
  mkdirSync(outDir, { recursive: true });
  writeFileSync(path.join(outDir, "byok.json"), `${JSON.stringify(item, null, 2)}\n`);
}

function componentFiles(packageName: string): RegistryFile[] {
  const folder = path.join(projectDir, "components");
  return globSync("**/*.{ts,tsx}", { cwd: folder })
    .sort()
    .map((file) => ({
      ...placed(file),
      type: "registry:component",
      content: withPackageImports(readFileSync(path.join(folder, file), "utf8"), packageName),
    }));
}

function stylesheet(): RegistryFile {
  return { ...placed("byok.css"), type: "registry:file", content: wholeStylesheet() };
}

function placed(file: string) {
  return { path: `components/byok/${file}`, target: `components/byok/${file}` };
}

/** The imports of a component as an app's bundler finds them: without endings, and from the package what is not copied. */
export function withPackageImports(source: string, packageName: string): string {
  return source.replace(/(?<=from |import\()"((?:\.\.?\/)+)([\w/-]+)\.tsx?"/g, (_, up: string, target: string) => {
    if (/^client\//.test(target)) return `"${packageName}/client"`;
    return /^catalogue\//.test(target) ? `"${packageName}/${target}"` : `"${up}${target}"`;
  });
}
