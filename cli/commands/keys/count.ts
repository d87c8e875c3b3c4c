import { defineCommand } from "../../lib/command.ts";
import { databaseOptions, reportFrom } from "../../lib/operator-database.ts";
import { countKeys } from "./saved-keys.ts";
import { tableOf } from "../../lib/table.ts";

export const keysCount = defineCommand({
  operands: [],
  options: databaseOptions,
  async run({ options }) {
    await reportFrom(options, async (client) => {
      const counts = await countKeys(client);
      const keys = counts.reduce((sum, count) => sum + count.keys, 0);
      const rows = counts.map((count) => [count.provider, count.status, String(count.keys), String(count.paused)]);
      const text = [tableOf(["provider", "status", "keys", "paused"], rows), "", `keys: ${keys}`].join("\n");
      return { text, json: { keys, counts } };
    });
  },
});
