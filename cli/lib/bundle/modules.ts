/**
 * Makes of modules ones that an edge runtime can load, with what they use of the packages in the lock file. A function starts faster
 * so, and runs the very versions that were tested.
 */
import { builtinModules } from "node:module";
import { build, esmExternalRequirePlugin, parseSync, type Plugin, type Rolldown } from "vite";
import { projectDir } from "../../../stack/config.ts";
import { dataMadeBeforehand } from "./data.ts";
import { isSubstitute, namesLeft, pgWithoutNode, withoutNode, withoutProcess } from "./pg-in-bundles.ts";

type CodeSplitting = Extract<Rolldown.OutputOptions["codeSplitting"], object>;

/** Edge runtimes know Node's modules by their full names only. */
const fullName = (name: string) => (builtinModules.includes(name) && !name.startsWith("node:") ? `node:${name}` : name);

/** Globals that packages rely on. Deno 2.1 has them in packages only, so a bundle brings them along. */
const nodeGlobals = {
  Buffer: [withoutNode("buffer"), "Buffer"],
  setImmediate: [withoutNode("timers"), "setImmediate"],
} satisfies Record<string, [module: string, name: string]>;

/** Name of a module -> files: it takes up what these need at once, whoever else needs a part of it, unless one that is named before does. */
type Parts = Readonly<Record<string, readonly string[]>>;

export interface BundleOptions {
  /** Name of the new module, without its ending -> file. */
  readonly input: Readonly<Record<string, string>>;
  readonly outDir: string;
  /** Where modules stand that another one shares or loads when it needs them, such as `_shared/[name].js`. */
  readonly chunks: string;
  readonly parts?: Parts;
  /** Begins each new module, made from the paths of the files in it. */
  head?(modules: readonly string[]): string;
}

/** Makes of each module one that an edge runtime can load. */
export async function bundleModules({ input, outDir, chunks, parts, head = () => "" }: BundleOptions): Promise<void> {
  await build({
    configFile: false,
    logLevel: "error",
    root: projectDir,
    plugins: [
      pgWithoutNode(),
      dataMadeBeforehand(),
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
          codeSplitting: parts === undefined ? true : groupsOf(parts),
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
 * Puts files, and what they import, but for what they import later, by `import()`, into the first of these modules that takes it up. A
 * file that is loaded by itself stays a module of its own. Node's globals are left out, since only modules name them that are loaded
 * later, and code that is left out.
 */
function groupsOf(parts: Parts): CodeSplitting {
  let members: [name: string, ReadonlySet<string>][] | undefined;
  return {
    includeDependenciesRecursively: false,
    groups: [
      {
        name(id, context) {
          const importsOf = (module: string) => context.getModuleInfo(module)?.importedIds ?? [];
          members ??= Object.entries(parts).map(([name, files]) => [name, neededBy(files, importsOf)]);
          const { isEntry, dynamicImporters = [] } = context.getModuleInfo(id) ?? {};
          if (isEntry || dynamicImporters.length > 0 || isSubstitute(id)) return null;
          return members.find(([, needed]) => needed.has(id))?.[0] ?? null;
        },
      },
    ],
  };
}

/** Modules, and all that they import directly or by way of others. */
function neededBy(modules: readonly string[], importsOf: (module: string) => readonly string[]): Set<string> {
  const found = new Set(modules);
  const pending = [...modules];
  for (let module = pending.pop(); module !== undefined; module = pending.pop()) {
    const added = importsOf(module).filter((name) => !found.has(name));
    for (const name of added) found.add(name);
    pending.push(...added);
  }
  return found;
}
