/** Prices of calls on credits, beside the providers' models and costs. */
import { readPrices } from "../../credits/prices.ts";
import { servedModels } from "../../credits/served-models.ts";
import { typed } from "../../typed.ts";
import { defineCheck, type Finding, listed, ok, problem, skipped, warning } from "../check.ts";
import { settingsOf } from "./secrets.ts";

const timeout_ms = 20_000;

export const modelsServed = defineCheck({
  id: "models",
  title: "Models with a price",
  needs: ["database", "secrets"],
  run: async ({ database, secrets }) => {
    const settings = readSettings(secrets);
    if (!settings) return [skipped("Not asked, as the secrets are not understood.")];
    const { platformKeys, providerOrigins: origins } = settings;
    const prices = await readPrices(database);
    const found = await servedModels(prices, { platformKeys, origins, timeout_ms });
    if (found.length === 0) return [ok("There are none, so credits pay for nothing.")];
    const named = (status: string) =>
      found.filter((one) => one.status === status).map(({ provider, model }) => `${provider}/${model}`);
    const findings: Finding[] = [];
    if (named("not_served").length > 0) {
      const words = `No longer served: ${listed(named("not_served"))}. Calls on credits with them fail.`;
      findings.push(problem(words, "Price a newer model in byok.prices, and delete the old row."));
    }
    if (named("unknown").length > 0) {
      const words = `Not known whether still served: ${listed(named("unknown"))}.`;
      findings.push(warning(words, "Give BYOK_PLATFORM_KEYS a key of each provider that has prices."));
    }
    return findings.length > 0 ? findings : [ok(`All ${found.length} are served.`)];
  },
});

function readSettings(secrets: Parameters<typeof settingsOf>[0]) {
  try {
    return settingsOf(secrets);
  } catch {
    // Another check says why.
    return undefined;
  }
}

export const creditsExposure = defineCheck({
  id: "exposure",
  title: "Cost of credits",
  needs: ["database", "weigh"],
  run: async ({ database, weigh }) => {
    const pairs = weigh(await readPrices(database));
    const named = (isBelowCost: boolean | null) =>
      pairs
        .filter((pair) => pair.isBelowCost === isBelowCost)
        .map((pair) => `${pair.operation} at ${pair.provider}/${pair.model}`);
    const nextStep = `See ${typed("credits exposure")}, and raise the price or lower the limits.`;
    const findings: Finding[] = [];
    if (named(true).length > 0) findings.push(problem(`Sold below cost at worst: ${listed(named(true))}.`, nextStep));
    if (named(null).length > 0)
      findings.push(warning(`No costs given: ${listed(named(null))}.`, "Add them to the file of --costs."));
    return findings.length > 0 ? findings : [ok("Nothing is sold below cost, even at worst.")];
  },
});
