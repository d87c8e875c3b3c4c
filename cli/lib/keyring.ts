/** Changes of a key ring that comes on standard input. */
import { text } from "node:stream/consumers";
import { importKeyring, maxKid } from "../../functions/_shared/crypto/keyring.ts";
import { type KeyringJson, newMasterKey, nextKid } from "../../stack/keyring.ts";
import { CommandError } from "./command.ts";

/** The newest key has the greatest kid. */
export const newestOf = ({ keys }: KeyringJson) => Math.max(...Object.keys(keys).map(Number));

export const changes = {
  add(ring: KeyringJson): KeyringJson {
    const kid = nextKid(newestOf(ring));
    if (kid > maxKid) throw new CommandError(`There is no kid left after ${newestOf(ring)}.`);
    return { ...ring, keys: { ...ring.keys, [kid]: newMasterKey() } };
  },
  promote: (ring: KeyringJson): KeyringJson => ({ ...ring, primary: newestOf(ring) }),
  retire({ primary, keys: all }: KeyringJson, kid: string): KeyringJson {
    const { [kid]: retired, ...keys } = all;
    if (retired === undefined) throw new CommandError(`There is no key ${kid} in this key ring.`);
    if (Number(kid) >= primary) throw new CommandError(`Key ${kid} is the primary one, or newer.`);
    return { primary, keys };
  },
};

/** @throws CommandError if the functions would refuse it; it shows nothing of the keys */
export async function readKeyring(): Promise<KeyringJson> {
  const json = await text(process.stdin);
  await importKeyring(json).catch((error: Error) => {
    throw new CommandError(`The key ring on standard input is refused. ${error.message}`);
  });
  return JSON.parse(json);
}
