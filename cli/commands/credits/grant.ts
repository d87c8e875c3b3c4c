import { readCredits } from "../../lib/credits/amounts.ts";
import { defineCommand } from "../../lib/command.ts";
import { databaseOptions, findOwner, reportFrom, ownerDetails } from "../../lib/operator-database.ts";

export const grant = defineCommand({
  usage: "<owner> <credits> --key <idempotency key> [--reason <text>]",
  details: `${ownerDetails} <credits> is a number above 0, up to 1000000000, with up to 6 decimal places.`,
  operands: ["owner", "credits"],
  options: {
    key: { type: "string", value: "<key>", required: true, summary: "a command given twice with one key grants once" },
    reason: { type: "string", value: "<text>", summary: "stands in the ledger beside the grant" },
    ...databaseOptions,
  },
  async run({ options, operands }) {
    const credits = readCredits(operands.credits);
    await reportFrom(options, async (client) => {
      const owner = await findOwner(client, operands.owner);
      const { rows } = await client.query(
        "select available_credits, granted from byok.grant_credits($1, $2, $3, $4, $5)",
        [owner.id, credits, options.reason ?? null, options.key, owner.kind],
      );
      const { available_credits, granted } = rows[0];
      const done = granted
        ? `Granted ${credits} credits.`
        : "Granted nothing: this key has granted these credits before.";
      return {
        text: `${done} ${owner.name} has ${available_credits} available.`,
        json: { owner_id: owner.id, granted, available_credits: Number(available_credits) },
      };
    });
  },
});
