/** The operator's master keys in the environment -> kid -> non-extractable key for HKDF-SHA256 (RFC 5869). */
import { bytesOfBase64 } from "../base64.ts";
import { isRecord, parseJson } from "../json.ts";
import { isPublishedKey } from "./published-keys.ts";

export interface Keyring {
  /** The kid that new envelopes are sealed under. */
  readonly primary: number;
  readonly masterKeys: ReadonlyMap<number, CryptoKey>;
}

const masterKey_bytes = 32;
/** A kid stands in four bytes of the envelope. */
export const maxKid = 0xffff_ffff;

/**
 * Reads a key ring: `{"primary": 2, "keys": {"1": "<base64 of 32 bytes>", "2": "..."}}`.
 *
 * @throws Error that names what is wrong and never shows a key: not JSON, a kid that is no u32, a key that is not exactly
 * 32 bytes (WebCrypto would take 16 as AES-128), a primary that is not there, a key that is a published example or no random one.
 */
export async function importKeyring(json: string): Promise<Keyring> {
  const { primary, keys } = parse(json);
  const masterKeys = new Map<number, CryptoKey>();
  for (const [id, encoded] of Object.entries(keys)) {
    const bytes = decodeMasterKey(id, encoded);
    if (await isPublishedKey(bytes))
      throw refusal(`key ${id} is a published example; make one with npx supabase-byok keyring new`);
    masterKeys.set(Number(id), await importMasterKey(bytes));
    bytes.fill(0);
  }
  if (!masterKeys.has(primary)) throw refusal(`the primary key ${primary} is not among the keys`);
  return { primary, masterKeys };
}

/** Imports the raw bytes of one master key; from then on they cannot be read back. */
export function importMasterKey(bytes: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", bytes, "HKDF", false, ["deriveKey", "deriveBits"]);
}

function parse(json: string): { primary: number; keys: Record<string, unknown> } {
  const ring = parseJson(json);
  if (!isRecord(ring) || !isRecord(ring.keys))
    throw refusal('it is not JSON of the form {"primary": 1, "keys": {"1": "..."}}');
  if (typeof ring.primary !== "number") throw refusal("primary is not a number");
  return { primary: ring.primary, keys: ring.keys };
}

function decodeMasterKey(id: string, encoded: unknown): Uint8Array<ArrayBuffer> {
  if (!/^(0|[1-9][0-9]{0,9})$/.test(id) || Number(id) > maxKid)
    throw refusal("a kid is not a number from 0 to 4294967295");
  let bytes: Uint8Array<ArrayBuffer> | undefined;
  try {
    bytes = bytesOfBase64(String(encoded));
  } catch {
    // The parser's own message may quote its input.
  }
  if (bytes?.length !== masterKey_bytes)
    throw refusal(`key ${id} is not the base64 of exactly ${masterKey_bytes} bytes`);
  return bytes;
}

function refusal(reason: string): Error {
  return new Error(`BYOK_MASTER_KEYS: ${reason}`);
}
