/** The Edge Function as a project gets it: the app's index.ts, and beside it the whole product in a few readable modules. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { projectDir } from "../../../stack/config.ts";
import { licencesOf } from "../build/licences.ts";
import { bundleModules } from "./modules.ts";

export const byokFunction = path.join(projectDir, "functions/byok/index.ts");

const fileOf = (name: string) => path.join(projectDir, name);

/**
 * `core`: what a start reads, and the little that both a call on credits and an error of a provider need. `answers`: the whole rows of
 * the providers, and what their answers mean.
 */
const parts = {
  core: ["functions/byok/byok.ts", "functions/_shared/relay/platform-error.ts", "functions/_shared/keep-alive.ts"].map(
    fileOf,
  ),
  answers: ["functions/call/provider-errors.ts", "functions/_shared/relay/models.ts"].map(fileOf),
};

/** It keeps the imports of the function apart from an import map that the project has for its others. */
const denoJson = '{\n  "imports": {}\n}\n';

/**
 * @param outDir gets `index.ts`, `deno.json`, and what they need, which is nothing of npm: `byok.js` with `core.js`, and what these load
 * when it is needed, each in a module that is named for the file it begins with
 */
export async function writeByokFunction(outDir: string): Promise<void> {
  const input = { byok: fileOf("functions/byok/byok.ts") };
  await bundleModules({ input, outDir, chunks: "[name].js", parts, head: headOf });
  mkdirSync(outDir, { recursive: true });
  writeFileSync(path.join(outDir, "index.ts"), readFileSync(byokFunction, "utf8").replace("./byok.ts", "./byok.js"));
  writeFileSync(path.join(outDir, "deno.json"), denoJson);
}

/** Linters and type checkers of the project leave the bundle alone: it is no source of theirs. Hints of editors about its types stay. */
const headForLinters = `/* eslint-${"disable"} */
// deno-lint-ignore-file
// biome-ignore-all lint: made by supabase-byok
// biome-ignore-all format: made by supabase-byok
// biome-ignore-all assist: made by supabase-byok
// @ts-${"nocheck"}
`;

/** @param modules paths of the files that stand in the module */
function headOf(modules: readonly string[]): string {
  const { version } = JSON.parse(readFileSync(path.join(projectDir, "package.json"), "utf8")) as { version: string };
  const licences = licencesOf(modules);
  const words = `BYOK for Supabase ${version} (Apache-2.0)

Made by supabase-byok, and replaced by its updates: edit index.ts beside it instead.
${licences && `It holds parts of these packages:\n\n${licences}`}`;
  return `${headForLinters}/*!\n${words.trimEnd().replaceAll("*/", "* /").replaceAll(/^/gm, "* ").replaceAll(/ +$/gm, "")}\n*/`;
}
