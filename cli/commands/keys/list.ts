import { defineCommand } from "../../lib/command.ts";
import { databaseOptions, reportFrom } from "../../lib/operator-database.ts";
import { readNumber } from "../../lib/options.ts";
import { listKeys, readStatus, recordsLastUse, type SavedKey } from "./saved-keys.ts";
import { tableOf } from "../../lib/table.ts";

export const keysList = defineCommand({
  details: "Of each key it shows what its owner sees: the last four characters, never the key.",
  operands: [],
  options: {
    status: { type: "string", value: "<status>", summary: "only keys with this status, such as rejected" },
    provider: { type: "string", value: "<id>", summary: "only keys of this provider" },
    "older-than": { type: "string", value: "<days>", summary: "only keys that were saved longer ago" },
    paused: { type: "boolean", summary: "only paused keys" },
    "never-used": { type: "boolean", summary: "only keys without a day of use, if byok.records_last_use is on" },
    limit: {
      type: "string",
      default: "100",
      value: "<number>",
      summary: "at most so many, 1 to 10000; 100 when absent",
    },
    ...databaseOptions,
  },
  async run({ options }) {
    const olderThan = options["older-than"];
    const filter = {
      status: readStatus(options.status),
      provider: options.provider,
      olderThan_days: olderThan === undefined ? undefined : readNumber("--older-than", olderThan, 0, 36_500),
      isPaused: options.paused,
      isNeverUsed: options["never-used"],
      limit: readNumber("--limit", options.limit, 1, 10_000),
    };
    await reportFrom(options, async (client) => {
      const keys = await listKeys(client, filter);
      const records_last_use = await recordsLastUse(client);
      return { text: describe(keys, records_last_use), json: { records_last_use, keys } };
    });
  },
});

function describe(keys: readonly SavedKey[], recordsUse: boolean): string {
  if (keys.length === 0) return "No keys.";
  const head = ["owner", "provider", "key", "status", "reason", "days", "last used"];
  const rows = keys.map((key) => [
    ...[key.owner, key.provider, `...${key.hint}`, key.is_paused ? `${key.status}, paused` : key.status],
    ...[key.reason ?? "", String(key.age_days), key.last_used_on ?? (recordsUse ? "never" : "not recorded")],
  ]);
  return tableOf(head, rows);
}
