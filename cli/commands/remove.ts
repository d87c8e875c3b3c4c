import { defineCommand } from "../lib/command.ts";
import { proposeRemoval } from "../lib/install/proposals.ts";
import { installOptions, runInstall } from "../lib/install/run.ts";
import { readRelease } from "../lib/release.ts";

export const remove = defineCommand({
  details: `It takes out what add and update have put into the project, and leaves alone what you have edited since. It reaches no database: the
migration that --database adds deletes every saved API key and all credits once you apply it.`,
  operands: [],
  options: {
    database: {
      type: "boolean",
      summary: "keeps the migrations, which were applied, and adds one that drops everything",
    },
    ...installOptions,
  },
  async run({ options }) {
    const release = readRelease();
    return await runInstall(process.cwd(), options, (supabaseDir, hasFinished) =>
      proposeRemoval(supabaseDir, release, { database: options.database, hasFinished }),
    );
  },
});
