/** Commands that change one key: pause, resume, remove. */
import { defineCommand } from "../../lib/command.ts";
import { databaseOptions, reportFrom } from "../../lib/operator-database.ts";
import { type Change, changeKey, findOwner } from "./saved-keys.ts";

const done: Record<Change, string> = { pause: "Paused", resume: "Resumed", remove: "Removed" };

function changing(change: Change, details: string) {
  return defineCommand({
    usage: "<owner> <provider>",
    details: `<owner> is the id of a user or a team, or the address of a user. ${details}`,
    operands: ["owner", "provider"],
    options: databaseOptions,
    async run({ options, operands: { owner: named, provider } }) {
      await reportFrom(options, async (client) => {
        const owner = await findOwner(client, named);
        const hint = await changeKey(client, change, owner, provider);
        return {
          text: `${done[change]} the key ...${hint} of ${owner.name} for ${provider}.`,
          json: { owner_id: owner.id, provider, hint, change },
        };
      });
    },
  });
}

export const keysPause = changing("pause", "Calls go to credits until the key is resumed, by you or by its owner.");
export const keysResume = changing("resume", "A key that is not paused stays as it is.");
export const keysRemove = changing("remove", "The envelope goes with it; its owner can save a key again.");
