/** Key rings for the secret BYOK_MASTER_KEYS: each command prints one, and reads the one before it from standard input. */
import { newKeyring } from "../../stack/keyring.ts";
import { defineCommand } from "../lib/command.ts";
import { changes, newestOf, readKeyring } from "../lib/keyring.ts";

export const keyringNew = defineCommand({
  usage: "> keyring.json",
  operands: [],
  options: {},
  run: async () => console.log(newKeyring()),
});

/** Where the operator sees it: standard output goes into a file. */
function announce(sentence: string): void {
  console.error(sentence);
}

export const keyringAdd = defineCommand({
  usage: "< keyring.json > next.json",
  operands: [],
  options: {},
  run: async () => {
    const ring = changes.add(await readKeyring());
    announce(`Key ${newestOf(ring)} is added. Nothing is sealed under it until it is the primary one.`);
    console.log(JSON.stringify(ring));
  },
});

export const keyringPromote = defineCommand({
  usage: "< keyring.json > next.json",
  operands: [],
  options: {},
  run: async () => {
    const ring = changes.promote(await readKeyring());
    announce(`Key ${ring.primary} is the primary one.`);
    console.log(JSON.stringify(ring));
  },
});

export const keyringRetire = defineCommand({
  usage: "<kid> < keyring.json > next.json",
  operands: ["kid"],
  options: {},
  run: async ({ operands }) => console.log(JSON.stringify(changes.retire(await readKeyring(), operands.kid))),
});
