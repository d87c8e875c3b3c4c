import { defineCommand } from "../lib/command.ts";
import { proposeUpdate } from "../lib/install/proposals.ts";
import { installOptions, runInstall } from "../lib/install/run.ts";
import { readRelease } from "../lib/release.ts";

export const update = defineCommand({
  details: `It replaces the files of the release, adds new migrations, and merges your edits of index.ts and deno.json with the release's. It stops where
you have edited a file of the release. Exit code 1 also when a conflict is left to settle.`,
  operands: [],
  options: installOptions,
  async run({ options }) {
    const release = readRelease();
    return await runInstall(process.cwd(), options, (supabaseDir) => proposeUpdate(supabaseDir, release));
  },
});
