import { catalogue } from "../../catalogue/index.ts";
import { hasOffers } from "../../catalogue/offers/providers.ts";
import type { Provider } from "../../catalogue/types.ts";
import { defineCommand } from "../lib/command.ts";
import { jsonOption } from "../lib/options.ts";
import { tableOf } from "../lib/table.ts";

export const providers = defineCommand({
  details:
    "The last column says when the facts about a provider were last read at their source. --json names the sources.",
  operands: [],
  options: { json: jsonOption },
  async run({ options }) {
    const all = Object.entries<Provider>(catalogue).map(([id, provider]) => describe(id, provider));
    console.log(options.json ? JSON.stringify({ providers: all }) : asTable(all));
  },
});

function describe(id: string, { name, keys, place, models, documentation = [] }: Provider) {
  const sources = [...documentation, models].map(({ url, seen }) => ({ url, seen }));
  return {
    id,
    name,
    /** Beginnings of keys; empty if they are not known. */
    key_prefixes: keys.prefixes,
    keys_url: keys.keysUrl,
    /** The part of the address that belongs to a key, such as a region; null for most. */
    place: place ? { kind: place.kind, required: !place.isOptional } : null,
    /** Credits can pay for calls, once the operator has set prices. */
    on_credits: hasOffers(id),
    sources,
    seen: sources
      .map(({ seen }) => seen)
      .sort()
      .at(-1)!,
  };
}

function asTable(all: readonly ReturnType<typeof describe>[]): string {
  const rows = all.map(({ id, name, key_prefixes, keys_url, place, on_credits, seen }) => [
    ...[id, name, key_prefixes.map((prefix) => `${prefix}...`).join(" ") || "-", keys_url],
    ...[place ? `${place.kind}${place.required ? "" : " (optional)"}` : "-", on_credits ? "yes" : "no", seen],
  ]);
  return tableOf(["id", "name", "keys begin with", "keys are made at", "place", "credits", "seen"], rows);
}
