/** The functions in a folder that the Supabase CLI deploys. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { defaultSupabaseDir, readConfig } from "../../../stack/config.ts";
import { bundleModules } from "./modules.ts";
import { byokFunction, writeByokFunction } from "./byok-function.ts";

/**
 * Bundles the functions that config.toml names: `byok` as a project gets it, an endpoint that is a function of its own as one module.
 *
 * @param outDir gets `functions/<slug>/`, what they share, and `supabase/config.toml`
 */
export async function bundleFunctions(outDir: string): Promise<void> {
  const { functions } = readConfig(defaultSupabaseDir);
  const entrypoints = Object.entries(functions).map(
    ([slug, { entrypoint }]) => [slug, path.resolve(defaultSupabaseDir, entrypoint)] as const,
  );
  const single = entrypoints.filter(([, file]) => file !== byokFunction);
  rmSync(outDir, { recursive: true, force: true });
  mkdirSync(path.join(outDir, "supabase"), { recursive: true });
  const input = Object.fromEntries(single.map(([slug, file]) => [`${slug}/index`, file]));
  const chunks = "_shared/[name].js";
  if (single.length > 0) await bundleModules({ input, outDir: path.join(outDir, "functions"), chunks });
  for (const [slug, file] of entrypoints) {
    if (file === byokFunction) await writeByokFunction(path.join(outDir, "functions", slug));
  }
  writeFileSync(path.join(outDir, "supabase/config.toml"), bundledConfig(entrypoints));
}

/** config.toml with the functions where the bundles are. */
function bundledConfig(entrypoints: readonly (readonly [slug: string, file: string])[]): string {
  const config = readFileSync(path.join(defaultSupabaseDir, "config.toml"), "utf8");
  return entrypoints.reduce((text, [slug, file]) => {
    const section = new RegExp(`^\\[functions\\.${slug}\\]\\n(?:(?!\\[).*\\n?)*`, "m");
    const entrypoint = `../functions/${slug}/index.${file === byokFunction ? "ts" : "js"}`;
    return text.replace(section, (lines) =>
      lines.replace(/^import_map = .*\n/m, "").replace(/^entrypoint = .*$/m, `entrypoint = "${entrypoint}"`),
    );
  }, config);
}
