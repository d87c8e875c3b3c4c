import path from "node:path";
import { projectDir } from "../../stack/config.ts";
import { bundleFunctions } from "../lib/bundle/functions.ts";
import { defineCommand } from "../lib/command.ts";

export const bundle = defineCommand({
  operands: [],
  options: {},
  async run() {
    const outDir = path.join(projectDir, "dist");
    await bundleFunctions(outDir);
    const shown = path.relative(process.cwd(), outDir);
    console.log(`${shown}: npx supabase functions deploy --use-api --workdir dist --remote=<ref>`);
  },
});
