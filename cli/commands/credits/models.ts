import type { PlacedKey } from "../../../catalogue/types.ts";
import { isRecord, parseJson } from "../../../functions/_shared/json.ts";
import { defineCommand, exitCodes, misused } from "../../lib/command.ts";
import { readEnvFile } from "../../lib/env-file.ts";
import { databaseOptions, reportFrom } from "../../lib/operator-database.ts";
import { readPrices } from "../../lib/credits/prices.ts";
import { servedModels } from "../../lib/credits/served-models.ts";
import { tableOf } from "../../lib/table.ts";

const timeout_ms = 20_000;

export const models = defineCommand({
  details: `It asks each provider for its list of models, which is free, with the platform's keys from BYOK_PLATFORM_KEYS. It fails if a model that
has a price is no longer served, or its provider could not be asked.`,
  operands: [],
  options: {
    // Node itself takes --env-file, wherever it stands.
    secrets: { type: "string", value: "<file>", summary: "has BYOK_PLATFORM_KEYS, if the environment has not" },
    ...databaseOptions,
  },
  async run({ options }) {
    const file = options.secrets;
    const variables = { ...process.env, ...(file === undefined ? {} : readEnvFile(file)) };
    const platformKeys = readKeys("BYOK_PLATFORM_KEYS", variables.BYOK_PLATFORM_KEYS);
    if (Object.keys(platformKeys).length === 0) throw misused("BYOK_PLATFORM_KEYS has no keys to ask with.");
    const origins = readTexts("BYOK_PROVIDER_ORIGINS", variables.BYOK_PROVIDER_ORIGINS);
    const { json } = await reportFrom(options, async (client) => {
      const found = await servedModels(await readPrices(client), { platformKeys, origins, timeout_ms });
      const words = { served: "served", not_served: "NOT SERVED", unknown: "could not be asked" };
      const rows = found.map((row) => [row.provider, row.model, words[row.status], row.operations.join(", ")]);
      return { text: tableOf(["provider", "model", "", "operations"], rows), json: { models: found } };
    });
    return json.models.every(({ status }) => status === "served") ? exitCodes.done : exitCodes.failed;
  },
});

/** Keys by provider: texts, or objects of `api_key` and `place`. */
function readKeys(name: string, text: string | undefined): Record<string, PlacedKey> {
  const keys = Object.entries(readObject(name, text)).map(([id, entry]) => {
    const { api_key, place = null } = typeof entry === "string" ? { api_key: entry } : ((entry ?? {}) as KeyWithPlace);
    if (typeof api_key !== "string") throw misused(`${name} holds more than keys.`);
    return [id, { apiKey: api_key, place }] as const;
  });
  return Object.fromEntries(keys);
}

interface KeyWithPlace {
  readonly api_key?: unknown;
  readonly place?: string;
}

function readTexts(name: string, text: string | undefined): Record<string, string> {
  const object = readObject(name, text);
  if (Object.values(object).every((one) => typeof one === "string")) return object as Record<string, string>;
  throw misused(`${name} is no JSON object of texts.`);
}

/** A JSON object. What is wrong with it is not repeated: it may be a key. */
function readObject(name: string, text: string | undefined): Record<string, unknown> {
  const value = text ? parseJson(text) : {};
  if (isRecord(value)) return value;
  throw misused(`${name} is no JSON object.`);
}
