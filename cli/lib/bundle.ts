/**
 * Makes of each function one module, with what it uses of the packages in the lock file, in a folder that the Supabase CLI
 * deploys. A function starts faster so, and runs the very versions that were tested.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { builtinModules } from "node:module";
import path from "node:path";
import { build, esmExternalRequirePlugin } from "vite";
import { defaultSupabaseDir, projectDir, readConfig } from "../../stack/config.ts";

/** Edge runtimes know Node's modules by their full names only. */
const fullName = (name: string) => (builtinModules.includes(name) && !name.startsWith("node:") ? `node:${name}` : name);

/** Globals that packages rely on. Deno 2.1 has them in packages only, so a bundle imports them. */
const nodeGlobals = {
  Buffer: ["node:buffer", "Buffer"],
  setImmediate: ["node:timers", "setImmediate"],
  clearImmediate: ["node:timers", "clearImmediate"],
} satisfies Record<string, [module: string, name: string]>;

/**
 * Bundles the functions that config.toml names.
 *
 * @param outDir gets `functions/<slug>/index.js`, what they share, and `supabase/config.toml`
 */
export async function bundleFunctions(outDir: string): Promise<void> {
  const { functions } = readConfig(defaultSupabaseDir);
  const input = Object.entries(functions).map(
    ([slug, { entrypoint }]) => [`${slug}/index`, path.resolve(defaultSupabaseDir, entrypoint)] as const,
  );
  rmSync(outDir, { recursive: true, force: true });
  await bundleModules(Object.fromEntries(input), path.join(outDir, "functions"));
  const config = readFileSync(path.join(defaultSupabaseDir, "config.toml"), "utf8")
    .replaceAll(/^import_map = .*\n/gm, "")
    .replaceAll(/^(entrypoint = ".*)\.ts"$/gm, '$1.js"');
  mkdirSync(path.join(outDir, "supabase"));
  writeFileSync(path.join(outDir, "supabase/config.toml"), config);
}

/**
 * Makes of each module one that an edge runtime can load, beside the modules that they share.
 *
 * @param input name of the new module, without its ending -> file
 */
export async function bundleModules(input: Record<string, string>, outDir: string): Promise<void> {
  await build({
    configFile: false,
    logLevel: "error",
    root: projectDir,
    plugins: [
      // Nor have they require().
      esmExternalRequirePlugin({ external: builtinModules.flatMap((name) => [name, `node:${name}`]) }),
    ],
    ssr: { noExternal: true, target: "webworker" },
    build: {
      ssr: true,
      outDir,
      target: "es2024",
      rolldownOptions: {
        input,
        transform: { inject: nodeGlobals, define: { global: "globalThis" } },
        output: { entryFileNames: "[name].js", chunkFileNames: "_shared/[name].js", paths: fullName },
      },
    },
  });
}
