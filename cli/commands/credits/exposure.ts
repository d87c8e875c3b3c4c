import { defineCommand, exitCodes } from "../../lib/command.ts";
import { readCreditPrice } from "../../lib/credits/amounts.ts";
import { type Exposure, exposureOf } from "../../lib/credits/exposure.ts";
import { databaseOptions, reportFrom } from "../../lib/operator-database.ts";
import { readPrices } from "../../lib/credits/prices.ts";
import { exampleCosts, readProviderCosts } from "../../lib/credits/provider-costs.ts";
import { tableOf } from "../../lib/table.ts";

export const exposure = defineCommand({
  usage: "--costs <file> --credit-usd <price>",
  details: `<file> has the prices of your providers, as this one shows: ${exampleCosts}
The worst call fills max_input_bytes with a token a byte and answers with max_output_tokens. It fails if something is sold below cost, or
no costs are given for it.`,
  operands: [],
  options: {
    costs: { type: "string", value: "<file>", required: true, summary: "what providers charge, as TOML" },
    "credit-usd": { type: "string", value: "<price>", required: true, summary: "what you sell one credit for, in USD" },
    ...databaseOptions,
  },
  async run({ options }) {
    const credit_usd = readCreditPrice(options["credit-usd"]);
    const costs = readProviderCosts(options.costs);
    const { json } = await reportFrom(options, async (client) => {
      const pairs = exposureOf(await readPrices(client), costs, credit_usd);
      return { text: describe(pairs, credit_usd), json: { credit_usd, pairs } };
    });
    return json.pairs.every(({ isBelowCost }) => isBelowCost === false) ? exitCodes.done : exitCodes.failed;
  },
});

function describe(pairs: readonly Exposure[], credit_usd: number): string {
  const head = ["operation", "provider", "model", "price", "credits", "worst call USD", "worst credit USD", ""];
  const rows = pairs.map((pair) => [
    ...[pair.operation, pair.provider, pair.model, pair.kind, String(pair.most_credits)],
    ...[usd(pair.worst_call_usd), usd(pair.worst_credit_usd), markOf(pair)],
  ]);
  const below = pairs.filter(({ isBelowCost }) => isBelowCost).length;
  const unknown = pairs.filter(({ isBelowCost }) => isBelowCost === null).length;
  const sum = `A credit is sold for ${credit_usd} USD. prices: ${pairs.length}, below cost: ${below}, without costs: ${unknown}`;
  return [tableOf(head, rows), "", sum].join("\n");
}

function usd(amount: number | null): string {
  return amount === null ? "-" : amount.toFixed(6);
}

function markOf({ isBelowCost }: Exposure): string {
  if (isBelowCost === null) return "no costs given";
  return isBelowCost ? "BELOW COST" : "";
}
