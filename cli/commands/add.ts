import { defineCommand } from "../lib/command.ts";
import { proposeAddition } from "../lib/install/proposals.ts";
import { installOptions, runInstall } from "../lib/install/run.ts";
import { readRelease } from "../lib/release.ts";

export const add = defineCommand({
  details: `It adds migrations, the function, its section in supabase/config.toml and supabase/byok.lock.json, and has a tsconfig leave out the
functions. It shows all of it first, and writes all or nothing. It reaches no hosted project.`,
  operands: [],
  options: {
    "function-name": { type: "string", value: "<name>", summary: "of the Edge Function; byok when absent" },
    operations: {
      type: "string",
      value: "<rows>",
      summary: "what credits pay for: examples, none, or a file of SQL; asked for when absent, none with --yes",
    },
    ...installOptions,
  },
  async run({ options }) {
    const release = readRelease();
    return await runInstall(process.cwd(), options, (supabaseDir) => proposeAddition(supabaseDir, release, options));
  },
});
