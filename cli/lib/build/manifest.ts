/** The package's package.json, made from the repository's. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { projectDir } from "../../../stack/config.ts";
import { commandsForEveryone } from "../../commands.ts";
import { entries } from "./entries.ts";

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly repository?: unknown;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

export function rootManifest(): Manifest {
  return JSON.parse(readFileSync(path.join(projectDir, "package.json"), "utf8")) as Manifest;
}

/** Packages of the app that imports the library, with the versions that it runs with. */
const appPeers = { "@supabase/supabase-js": ">=2.58.0 <3", react: ">=19", "@types/react": ">=19" };

/** Packages that the app may have, and that only a part of the package needs; by name, with the versions that do. */
export function peers(): Readonly<Record<string, string>> {
  const { dependencies, devDependencies } = rootManifest();
  const needed = [...new Set(commandsForEveryone.flatMap(({ needs }) => needs?.packages ?? []))];
  const ranges = needed.map((name) => [name, `^${(dependencies[name] ?? devDependencies[name])!}`]);
  return { ...appPeers, ...Object.fromEntries(ranges) };
}

/** @param files names of what is in the package's folder, beside what npm always takes along */
export function packageManifest(files: readonly string[]): object {
  const { name, version, description, license, repository } = rootManifest();
  const exported = Object.entries(entries).map(([from, module]) => [
    from,
    { types: `./lib/${module}.d.ts`, default: `./lib/${module}.js` },
  ]);
  const peerDependencies = peers();
  const optional = Object.keys(peerDependencies).filter((peer) => peer !== "@supabase/supabase-js");
  return {
    ...{ name, version, description, license, ...(repository ? { repository } : {}) },
    keywords: ["supabase", "byok", "llm", "api-keys", "edge-functions"],
    type: "module",
    engines: { node: ">=20.16" },
    bin: { [name]: "cli/main.js" },
    exports: {
      ...Object.fromEntries(exported),
      "./byok.css": "./byok.css",
      "./package.json": "./package.json",
    },
    files,
    sideEffects: ["*.css"],
    peerDependencies,
    peerDependenciesMeta: Object.fromEntries(optional.map((peer) => [peer, { optional: true }])),
    publishConfig: { access: "public", provenance: true },
  };
}
