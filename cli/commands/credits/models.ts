import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { defineCommand, exitCodes, misused } from "../../lib/command.ts";
import { databaseOptions, reportFrom } from "../../lib/operator-database.ts";
import { readPrices } from "../../lib/credits/prices.ts";
import { servedModels } from "../../lib/credits/served-models.ts";
import { tableOf } from "../../lib/table.ts";

const timeout_ms = 20_000;

export const models = defineCommand({
  usage: "npm run credits -- models",
  details:
    "It asks each provider for its list of models, which is free, with the platform's keys from BYOK_PLATFORM_KEYS. It fails if a model that has a price is no longer served, or its provider could not be asked.",
  operands: [],
  options: {
    "env-file": { type: "string", value: "<file>", summary: "has BYOK_PLATFORM_KEYS, if the environment has not" },
    ...databaseOptions,
  },
  async run({ options }) {
    const variables = { ...process.env, ...readEnvFile(options["env-file"]) };
    const platformKeys = readObject("BYOK_PLATFORM_KEYS", variables.BYOK_PLATFORM_KEYS);
    if (Object.keys(platformKeys).length === 0) throw misused("BYOK_PLATFORM_KEYS has no keys to ask with.");
    const origins = readObject("BYOK_PROVIDER_ORIGINS", variables.BYOK_PROVIDER_ORIGINS);
    const { json } = await reportFrom(options, async (client) => {
      const found = await servedModels(await readPrices(client), { platformKeys, origins, timeout_ms });
      const words = { served: "served", not_served: "NOT SERVED", unknown: "could not be asked" };
      const rows = found.map((row) => [row.provider, row.model, words[row.status], row.operations.join(", ")]);
      return { text: tableOf(["provider", "model", "", "operations"], rows), json: { models: found } };
    });
    return json.models.every(({ status }) => status === "served") ? exitCodes.done : exitCodes.failed;
  },
});

function readEnvFile(file: string | undefined): Partial<Record<string, string>> {
  if (file === undefined) return {};
  try {
    return parseEnv(readFileSync(file, "utf8"));
  } catch {
    throw misused(`There is no file ${file}.`);
  }
}

/** A JSON object of texts. What is wrong with it is not repeated: it may be a key. */
function readObject(name: string, text: string | undefined): Record<string, string> {
  if (!text) return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && Object.values(value).every((one) => typeof one === "string")) {
      return value as Record<string, string>;
    }
  } catch {
    // Falls through to the refusal.
  }
  throw misused(`${name} is no JSON object of texts.`);
}
