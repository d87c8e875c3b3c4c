/**
 * Makes of modules ones that an edge runtime can load, with what they use of the packages in the lock file. A function starts faster
 * so, and runs the very versions that were tested.
 */
import { builtinModules } from "node:module";
import { build, esmExternalRequirePlugin, parseSync, type Plugin, type Rolldown } from "vite";
import { projectDir } from "../../../stack/config.ts";
import { isSubstitute, namesLeft, pgWithoutNode, withoutNode, withoutProcess } from "./pg-in-bundles.ts";

type CodeSplittingGroup = NonNullable<Extract<Rolldown.OutputOptions["codeSplitting"], object>["groups"]>[number];

/** Edge runtimes know Node's modules by their full names only. */
const fullName = (name: string) => (builtinModules.includes(name) && !name.startsWith("node:") ? `node:${name}` : name);

/** Globals that packages rely on. Deno 2.1 has them in packages only, so a bundle brings them along. */
const nodeGlobals = {
  Buffer: [withoutNode("buffer"), "Buffer"],
  setImmediate: [withoutNode("timers"), "setImmediate"],
} satisfies Record<string, [module: string, name: string]>;

export interface BundleOptions {
  /** Name of the new module, without its ending -> file. */
  readonly input: Readonly<Record<string, string>>;
  readonly outDir: string;
  /** Where modules stand that another one shares or loads when it needs them, such as `_shared/[name].js`. */
  readonly chunks: string;
  /** Name of a module for all that those in `input` need at once, so that a start reads two files, whoever else needs a part of it. */
  readonly core?: string;
  /** Begins each new module, made from the paths of the files in it. */
  head?(modules: readonly string[]): string;
}

/** Makes of each module one that an edge runtime can load. */
export async function bundleModules({ input, outDir, chunks, core, head = () => "" }: BundleOptions): Promise<void> {
  await build({
    configFile: false,
    logLevel: "error",
    root: projectDir,
    plugins: [
      pgWithoutNode(),
      withoutDocsOfPackages(),
      // Nor have they require().
      esmExternalRequirePlugin({ external: builtinModules.flatMap(namesLeft) }),
    ],
    ssr: { noExternal: true, target: "webworker" },
    build: {
      ssr: true,
      outDir,
      target: "es2024",
      rolldownOptions: {
        input: { ...input },
        transform: { inject: nodeGlobals, define: { global: "globalThis", ...withoutProcess } },
        output: {
          ...{ entryFileNames: "[name].js", chunkFileNames: chunks, paths: fullName, minifyInternalExports: false },
          codeSplitting: core === undefined ? true : { groups: [coreGroup(core, Object.values(input))] },
          banner: ({ moduleIds }) => head(moduleIds),
        },
      },
    },
  });
}

/** Leaves out what packages tell those who call them. Their licences stand at the beginning of the module. */
function withoutDocsOfPackages(): Plugin {
  return {
    name: "without-docs-of-packages",
    transform(code, id) {
      if (!id.includes("/node_modules/")) return null;
      const docs = parseSync(id, code).comments.filter(({ type, value }) => type === "Block" && value.startsWith("*"));
      return docs.reduceRight((text, { start, end }) => text.slice(0, start) + text.slice(end), code);
    },
  };
}

/**
 * Takes up what the entries import, but for what they import later, by `import()`, and for Node's globals, which only modules name
 * that are loaded later, and code that is left out.
 */
function coreGroup(name: string, entries: readonly string[]): CodeSplittingGroup {
  let core: ReadonlySet<string> | undefined;
  return {
    name(id, context) {
      core ??= importedBy(entries, (module) => context.getModuleInfo(module)?.importedIds ?? []);
      return core.has(id) && !isSubstitute(id) ? name : null;
    },
  };
}

/** All that modules import directly or by way of others, without themselves. */
function importedBy(modules: readonly string[], importsOf: (module: string) => readonly string[]): Set<string> {
  const found = new Set<string>();
  const pending = [...modules];
  for (let module = pending.pop(); module !== undefined; module = pending.pop()) {
    const added = importsOf(module).filter((name) => !found.has(name));
    for (const name of added) found.add(name);
    pending.push(...added);
  }
  return found;
}
