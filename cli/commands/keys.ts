/** Key rings for the secret BYOK_MASTER_KEYS: each command prints one, and reads the one before it from standard input. */
import { newKeyring } from "../../stack/keyring.ts";
import { defineCommand } from "../lib/command.ts";
import { changes, readKeyring } from "../lib/keyring.ts";

export const keysNew = defineCommand({
  usage: "npm run --silent keys:new > keyring.json",
  operands: [],
  options: {},
  run: async () => console.log(newKeyring()),
});

export const keysAdd = defineCommand({
  usage: "npm run --silent keys:add < keyring.json > next.json",
  operands: [],
  options: {},
  run: async () => console.log(JSON.stringify(changes.add(await readKeyring()))),
});

export const keysPromote = defineCommand({
  usage: "npm run --silent keys:promote < keyring.json > next.json",
  operands: [],
  options: {},
  run: async () => console.log(JSON.stringify(changes.promote(await readKeyring()))),
});

export const keysRetire = defineCommand({
  usage: "npm run --silent keys:retire -- <kid> < keyring.json > next.json",
  operands: ["kid"],
  options: {},
  run: async ({ operands }) => console.log(JSON.stringify(changes.retire(await readKeyring(), operands.kid))),
});
