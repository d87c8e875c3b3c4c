/** `npm run keys:new`, `keys:add`, `keys:promote`, `keys:retire`: key rings for the secret BYOK_MASTER_KEYS. */
import { randomBytes } from "node:crypto";
import { text } from "node:stream/consumers";
import { importKeyring } from "../functions/_shared/crypto/keyring.ts";
import { Refusal, runCommand, UsageError } from "./lib/command.ts";

const usage = `Usage: npm run --silent keys:new > keyring.json
       npm run --silent keys:add < keyring.json > next.json             with one more key, that is not used yet
       npm run --silent keys:promote < keyring.json > next.json         the newest key becomes the primary one
       npm run --silent keys:retire -- <kid> < keyring.json > next.json without an older key`;

/** As the functions read it; see functions/_shared/crypto/keyring.ts. */
interface KeyringJson {
  primary: number;
  keys: Record<string, string>;
}

/** A key ring with one random master key, as JSON. */
export function newKeyring(): string {
  return JSON.stringify({ primary: 1, keys: { 1: newMasterKey() } } satisfies KeyringJson);
}

function newMasterKey(): string {
  return randomBytes(32).toString("base64");
}

const newestOf = ({ keys }: KeyringJson) => Math.max(...Object.keys(keys).map(Number));

const changes: Record<string, (ring: KeyringJson, kid: string) => KeyringJson> = {
  add: (ring) => ({ ...ring, keys: { ...ring.keys, [newestOf(ring) + 1]: newMasterKey() } }),
  promote: (ring) => ({ ...ring, primary: newestOf(ring) }),
  retire({ primary, keys: all }, kid) {
    const { [kid]: retired, ...keys } = all;
    if (retired === undefined) throw new Refusal(`There is no key ${kid} in this key ring.`);
    if (Number(kid) >= primary) throw new Refusal(`Key ${kid} is the primary one, or newer.`);
    return { primary, keys };
  },
};

async function main([name = "", kid = "", ...more]: string[]): Promise<boolean> {
  const change = Object.hasOwn(changes, name) ? changes[name] : undefined;
  const isComplete = (kid !== "") === (name === "retire") && more.length === 0;
  if (!isComplete || (name !== "new" && !change)) throw new UsageError("This is not understood.");
  console.log(change ? JSON.stringify(change(await readKeyring(), kid)) : newKeyring());
  return true;
}

async function readKeyring(): Promise<KeyringJson> {
  const json = await text(process.stdin);
  await importKeyring(json).catch((error: Error) => {
    throw new Refusal(`The key ring on standard input is refused. ${error.message}`);
  });
  return JSON.parse(json);
}

if (import.meta.main) await runCommand(usage, () => main(process.argv.slice(2)));
