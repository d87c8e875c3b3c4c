import { CommandError, defineCommand } from "../lib/command.ts";
import { readLock } from "../lib/install/lock.ts";
import { installOptions, runInstall } from "../lib/install/run.ts";
import { planUpdate } from "../lib/install/plans/update.ts";
import { readRelease } from "../lib/release.ts";
import { typed } from "../lib/typed.ts";

export const update = defineCommand({
  details: `It replaces the files of the release, adds new migrations, and merges your edits of index.ts and deno.json with the release's. It stops where
you have edited a file of the release. Exit code 1 also when a conflict is left to settle.`,
  operands: [],
  options: installOptions,
  async run({ options: given }) {
    const release = readRelease();
    return await runInstall(process.cwd(), given, (supabaseDir) => {
      const lock = readLock(supabaseDir);
      if (!lock) {
        throw new CommandError(`supabase-byok is not in ${supabaseDir}.`, {
          nextStep: `Add it first: ${typed("add")}`,
        });
      }
      const plan = planUpdate({ supabaseDir, release, lock, now: new Date() });
      return {
        ...{ plan, title: `Update supabase-byok ${lock.version} to ${release.version} in ${supabaseDir}` },
        nothing: `supabase-byok ${lock.version} is up to date.`,
        next: () => `Deploy the migrations first, then the function: ${typed("deploy")}`,
        isUnfinished: plan.conflicts.length > 0,
      };
    });
  },
});
