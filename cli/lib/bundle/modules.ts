/**
 * Makes of modules ones that an edge runtime can load, with what they use of the packages in the lock file. A function starts faster
 * so, and runs the very versions that were tested.
 */
import { builtinModules } from "node:module";
import { build, esmExternalRequirePlugin } from "vite";
import { projectDir } from "../../../stack/config.ts";
import { isReplaced, pgWithoutNode, withoutNode, withoutProcess } from "./pg-in-bundles.ts";

/** Edge runtimes know Node's modules by their full names only. */
const fullName = (name: string) => (builtinModules.includes(name) && !name.startsWith("node:") ? `node:${name}` : name);

/** Globals that packages rely on. Deno 2.1 has them in packages only, so a bundle imports them. */
const nodeGlobals = {
  Buffer: ["node:buffer", "Buffer"],
  setImmediate: [withoutNode("timers"), "setImmediate"],
} satisfies Record<string, [module: string, name: string]>;

/**
 * Makes of each module one that an edge runtime can load, beside the modules that they share.
 *
 * @param input name of the new module, without its ending -> file
 * @param head begins each new module, made from the paths of the files in it
 */
export async function bundleModules(
  input: Record<string, string>,
  outDir: string,
  head: (modules: readonly string[]) => string = () => "",
): Promise<void> {
  await build({
    configFile: false,
    logLevel: "error",
    root: projectDir,
    plugins: [
      pgWithoutNode(),
      // Nor have they require().
      esmExternalRequirePlugin({
        external: builtinModules.flatMap((name) => (isReplaced(name) ? [`node:${name}`] : [name, `node:${name}`])),
      }),
    ],
    ssr: { noExternal: true, target: "webworker" },
    build: {
      ssr: true,
      outDir,
      target: "es2024",
      rolldownOptions: {
        input,
        transform: { inject: nodeGlobals, define: { global: "globalThis", ...withoutProcess } },
        output: {
          ...{ entryFileNames: "[name].js", chunkFileNames: "_shared/[name].js", paths: fullName },
          banner: ({ moduleIds }) => head(moduleIds),
        },
      },
    },
  });
}
