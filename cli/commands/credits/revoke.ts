import { readCredits } from "../../lib/credits/amounts.ts";
import { defineCommand } from "../../lib/command.ts";
import { databaseOptions, findOwner, reportFrom, ownerDetails } from "../../lib/operator-database.ts";

export const revoke = defineCommand({
  usage: "<owner> <credits> --key <idempotency key> --reason <text>",
  details: `${ownerDetails} It takes back at most what is available: credits that were spent stay spent.`,
  operands: ["owner", "credits"],
  options: {
    key: { type: "string", value: "<key>", required: true, summary: "a command given twice with one key revokes once" },
    reason: {
      type: "string",
      value: "<text>",
      required: true,
      summary: "stands in the ledger, where the owner reads it",
    },
    ...databaseOptions,
  },
  async run({ options, operands }) {
    const credits = readCredits(operands.credits);
    await reportFrom(options, async (client) => {
      const owner = await findOwner(client, operands.owner);
      const { rows } = await client.query(
        "select revoked_credits, available_credits from byok.revoke_credits($1, $2, $3, $4)",
        [owner.id, credits, options.reason, options.key],
      );
      const [revoked_credits, available_credits] = [Number(rows[0].revoked_credits), Number(rows[0].available_credits)];
      return {
        text: `Revoked ${revoked_credits} credits by this key. ${owner.name} has ${available_credits} available.`,
        json: { owner_id: owner.id, revoked_credits, available_credits },
      };
    });
  },
});
