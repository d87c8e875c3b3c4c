/** The command as one folder of JavaScript for Node, which needs no other package but for what runs a local stack. */
import { cpSync, writeFileSync } from "node:fs";
import path from "node:path";
import { build, type Rollup } from "vite";
import { projectDir } from "../../../stack/config.ts";
import { edgeProgram } from "../../../stack/own-files.ts";
import { bundleModules } from "../bundle/modules.ts";
import { licencesOf } from "./licences.ts";
import { peers } from "./manifest.ts";

/** A module that stays a file of its own, since it finds others from where it is. */
const ownFiles = "stack/own-files";

/**
 * @param outDir the package's folder. It gets `cli/`: main.js, its parts, and licences of others' code in them; and `stack/` and
 * `fixtures/`: the files that a local stack reads
 */
export async function buildProgram(outDir: string): Promise<void> {
  const modules: string[] = [];
  await build({
    configFile: false,
    logLevel: "error",
    root: projectDir,
    ssr: { noExternal: true, external: Object.keys(peers()), target: "node" },
    plugins: [{ name: "modules", generateBundle: (_, bundle) => void modules.push(...modulesOf(bundle)) }],
    build: {
      ssr: true,
      outDir,
      target: "node20",
      emptyOutDir: false,
      rolldownOptions: {
        input: { "cli/main": path.join(projectDir, "cli/packaged.ts") },
        output: {
          entryFileNames: "[name].js",
          chunkFileNames: ({ name }) => (name === ownFiles ? "[name].js" : "cli/[name].js"),
          codeSplitting: { groups: [{ name: ownFiles, test: /stack\/own-files\.ts$/ }] },
        },
      },
    },
  });
  const edge = { input: { edge: edgeProgram }, outDir: path.join(outDir, "stack/functions") };
  await bundleModules({ ...edge, chunks: "edge/[name].js" });
  for (const files of ["stack/postgres/bootstrap", "fixtures/providers"]) {
    cpSync(path.join(projectDir, files), path.join(outDir, files), { recursive: true, filter: isRead });
  }
  writeFileSync(path.join(outDir, "cli/LICENCES.txt"), licencesOf(modules));
}

/** Whether a local stack reads it: of the recordings, the answers. */
function isRead(file: string): boolean {
  return path.extname(file) === "" || /\.sql$|answers\.json$/.test(file);
}

function modulesOf(bundle: Rollup.OutputBundle): string[] {
  return Object.values(bundle).flatMap((part) => (part.type === "chunk" ? part.moduleIds : []));
}
