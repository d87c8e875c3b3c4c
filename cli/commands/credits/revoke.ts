import { readCredits } from "../../lib/credits/amounts.ts";
import { defineCommand } from "../../lib/command.ts";
import { databaseOptions, findUser, reportFrom, userDetails } from "../../lib/operator-database.ts";

export const revoke = defineCommand({
  usage: "npm run credits -- revoke <user> <credits> --key <idempotency key> --reason <text>",
  details: `${userDetails} It takes back at most what is available: credits that were spent stay spent.`,
  operands: ["user", "credits"],
  options: {
    key: { type: "string", value: "<key>", required: true, summary: "a command given twice with one key revokes once" },
    reason: {
      type: "string",
      value: "<text>",
      required: true,
      summary: "stands in the ledger, where the user reads it",
    },
    ...databaseOptions,
  },
  async run({ options, operands }) {
    const credits = readCredits(operands.credits);
    await reportFrom(options, async (client) => {
      const user = await findUser(client, operands.user);
      const { rows } = await client.query(
        "select revoked_credits, available_credits from byok.revoke_credits($1, $2, $3, $4)",
        [user.id, credits, options.reason, options.key],
      );
      const [revoked_credits, available_credits] = [Number(rows[0].revoked_credits), Number(rows[0].available_credits)];
      return {
        text: `Revoked ${revoked_credits} credits by this key. ${user.name} has ${available_credits} available.`,
        json: { user_id: user.id, revoked_credits, available_credits },
      };
    });
  },
});
