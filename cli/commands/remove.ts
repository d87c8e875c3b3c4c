import { CommandError, defineCommand } from "../lib/command.ts";
import { readLock } from "../lib/install/lock.ts";
import { emptyPlan } from "../lib/install/plan.ts";
import { planRemoval } from "../lib/install/plans/remove.ts";
import { installOptions, runInstall } from "../lib/install/run.ts";
import { readRelease } from "../lib/release.ts";

const options = {
  database: {
    type: "boolean",
    summary: "keeps the migrations, which were applied, and adds one that drops everything",
  },
  ...installOptions,
} as const;

export const remove = defineCommand({
  details: `It takes out what add and update have put into the project, and leaves alone what you have edited since. It reaches no database: the
migration that --database adds deletes every saved API key and all credits once you apply it.`,
  operands: [],
  options,
  async run({ options: given }) {
    const release = readRelease();
    return await runInstall(process.cwd(), given, (supabaseDir, hasFinished) => {
      const lock = readLock(supabaseDir);
      const title = `Remove supabase-byok from ${supabaseDir}`;
      if (!lock && !hasFinished) throw new CommandError(`supabase-byok is not in ${supabaseDir}.`);
      if (!lock) return { plan: emptyPlan(supabaseDir), title, nothing: "supabase-byok is removed." };
      return {
        plan: planRemoval({ supabaseDir, release, lock, database: given.database, now: new Date() }),
        ...{ title, nothing: "Nothing is to be removed." },
        next: () => (given.database ? afterDatabase : after),
      };
    });
  },
});

const after =
  "Take the components out of your app. On a project that has the function, run npx supabase functions delete.";

const afterDatabase = `Then, for each project that has it:
  1. Take byok out of the exposed schemas: Dashboard, Data API settings. While an exposed schema is missing, the Data API is down.
  2. npx supabase functions delete <name>
  3. npx supabase db push, which applies the migration`;
