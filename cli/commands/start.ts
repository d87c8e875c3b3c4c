import { defineCommand } from "../lib/command.ts";
import { findSupabaseDir } from "../lib/install/find-project.ts";
import { localOptions } from "../lib/local/local-options.ts";
import { isPackaged } from "../lib/typed.ts";

export const start = defineCommand({
  details: `${isPackaged ? "It" : "With --supabase-dir it"} runs your project: every migration in order, the seed of config.toml, and each function that the
Supabase CLI would serve, in a process of its own with its import map. Functions start with their first request, and again after a
change. Those of yours reach the internet; byok alone asks fakes of the providers, with the API keys that are printed. Secrets come from
functions/.env. There is no settings page, for your app has it: run your dev server against the printed address.

The ports are those of config.toml. Data and keys stay in .temp/byok below that folder, which git ignores.
What this machine does not imitate: Storage, Realtime and email; migrations find the tables of Storage and the publication of Realtime.
An extension that is not part of Postgres is left out of a migration, and named.`,
  operands: [],
  options: {
    ...localOptions,
    "supabase-dir": {
      type: "string",
      value: "<folder>",
      summary: isPackaged
        ? "the supabase folder of the project, if it is not the one here"
        : "runs the project in that folder, which `supabase init` made, instead of this product's own",
    },
  },
  check({ options: { "supabase-dir": supabaseDir } }) {
    if (supabaseDir !== undefined || isPackaged) findSupabaseDir(process.cwd(), supabaseDir);
  },
  async run({ options: { "supabase-dir": supabaseDir, ...options } }) {
    // The stack is loaded here, so that --help needs nothing of it.
    if (supabaseDir === undefined && !isPackaged) {
      const { runLocalProject } = await import("../lib/local/local-project.ts");
      await runLocalProject(options, { watch: false });
    } else {
      const { runAppProject } = await import("../lib/local/app-project.ts");
      await runAppProject(options, findSupabaseDir(process.cwd(), supabaseDir));
    }
  },
});
