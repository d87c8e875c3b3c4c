/**
 * Envelopes: the sealed form of an API key and of the place that it may be sent to. WebCrypto alone, no I/O.
 *
 * Big-endian, stored as base64; n is 256 bytes in suite 1 and 1,024 in suite 2 (`frames.ts`):
 *
 *     0  3   "BYK"                 40  12   GCM nonce, random for each seal
 *     3  1   suite, 01 or 02       52  32   key commitment C
 *     4  4   kid                   84   n   AES-256-GCM of the frame
 *     8 32   r, random each seal 84+n  16   GCM tag
 *
 *     context = "byok/v1\0" || suite || kid || owner uuid || credential uuid || provider number, one byte in suite 1, two in suite 2
 *     K, C    = HKDF-SHA256(master[kid], SHA-256("byok/v1/hkdf-salt"), context || r || 01 (K) or 02 (C), 32 bytes)
 *     AAD     = envelope[0..84) || context
 *
 * HKDF: RFC 5869. AES-GCM: NIST SP 800-38D; the key is fresh for each seal, so its limit on random nonces never binds.
 * The commitment makes GCM key-committing: no envelope opens under two keys.
 */
import type { PlacedKey } from "../../../catalogue/types.ts";
import { base64Of, bytesOfBase64 } from "../base64.ts";
import { ByokError } from "../errors.ts";
import { frame, frames, suiteOf, unframe } from "./frames.ts";
import type { Keyring } from "./keyring.ts";
import { LruCache } from "../lru-cache.ts";

/** The context that an envelope is bound to; it opens for these values only. */
export interface Binding {
  /** UUID of the owner: a user or a team. */
  readonly ownerId: string;
  /** UUID of the credential. */
  readonly credentialId: string;
  /** The provider's number, 1 to 65,535; never reused for another provider. */
  readonly providerNumber: number;
}

export interface SealedKey {
  /** Base64 of 356 bytes in suite 1, of 1,124 in suite 2. */
  readonly envelope: string;
  readonly kid: number;
}

const magic = new TextEncoder().encode("BYK");
const layout = { suite: 3, kid: 4, random: 8, nonce: 40, commitment: 52, ciphertext: 84 };
const tag_bytes = 16;
const contextPrefix = new TextEncoder().encode("byok/v1\0");
const purpose = { encryption: 1, commitment: 2 };
const salt = crypto.subtle.digest("SHA-256", new TextEncoder().encode("byok/v1/hkdf-salt"));

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * Seals an API key and its place under the key ring's primary key.
 *
 * @throws RangeError if the key is not 1 to 958 bytes, the place not 1 to 63, or a uuid or the provider number is malformed.
 */
export async function seal(keyring: Keyring, binding: Binding, key: PlacedKey): Promise<SealedKey> {
  const kid = keyring.primary;
  const masterKey = keyring.masterKeys.get(kid);
  if (!masterKey) throw new RangeError("The primary key is not in the key ring.");
  const suite = suiteOf(key, binding.providerNumber);
  const context = contextOf(binding, suite, kid);
  const plaintext = frame(suite, key);

  const envelope = new Uint8Array(sizeOf(suite));
  envelope.set(magic, 0);
  envelope[layout.suite] = suite;
  new DataView(envelope.buffer).setUint32(layout.kid, kid);
  crypto.getRandomValues(envelope.subarray(layout.random, layout.commitment));
  const derived = await derive(masterKey, context, envelope.subarray(layout.random, layout.nonce));
  envelope.set(derived.commitment, layout.commitment);
  envelope.set(
    new Uint8Array(await crypto.subtle.encrypt(gcm(envelope, context), derived.key, plaintext)),
    layout.ciphertext,
  );
  plaintext.fill(0);
  return { envelope: base64Of(envelope), kid };
}

/**
 * Opens an envelope of either suite for the owner, credential and provider it was sealed for.
 *
 * @throws ByokError `envelope_unreadable`, the same for every cause: wrong size or form, a kid that is not in the ring,
 * another binding, any altered bit.
 */
export async function open(keyring: Keyring, binding: Binding, sealed: string): Promise<PlacedKey> {
  try {
    const { suite, envelope } = decode(sealed);
    const kid = new DataView(envelope.buffer).getUint32(layout.kid);
    const masterKey = keyring.masterKeys.get(kid);
    if (!masterKey) throw unreadable();
    const context = contextOf(binding, suite, kid);
    const name = `${binding.ownerId} ${binding.credentialId} ${binding.providerNumber} ${sealed.slice(0, named_chars)}`;
    const derived =
      recall(masterKey, name) ??
      remember(masterKey, name, await derive(masterKey, context, envelope.subarray(layout.random, layout.nonce)));
    if (!equalInConstantTime(derived.commitment, envelope.subarray(layout.commitment, layout.ciphertext)))
      throw unreadable();
    const plaintext = await crypto.subtle.decrypt(
      gcm(envelope, context),
      derived.key,
      envelope.subarray(layout.ciphertext),
    );
    return unframe(suite, new Uint8Array(plaintext));
  } catch {
    // Which check failed is nobody's business: a detail would tell a forger how far he got.
    throw unreadable();
  }
}

function sizeOf(suite: number): number {
  return layout.ciphertext + (frames[suite]?.plaintext_bytes ?? 0) + tag_bytes;
}

function decode(sealed: string): { suite: number; envelope: Bytes } {
  const envelope = bytesOfBase64(sealed);
  const suite = envelope[layout.suite];
  if (suite === undefined || frames[suite] === undefined || envelope.length !== sizeOf(suite)) throw unreadable();
  for (let index = 0; index < magic.length; index++) if (envelope[index] !== magic[index]) throw unreadable();
  return { suite, envelope };
}

interface Derived {
  /** K: of AES-256-GCM, non-extractable. */
  readonly key: CryptoKey;
  /** C. */
  readonly commitment: Bytes;
}

/**
 * Keys derived from a master key in the last five minutes, by binding, suite, kid and r. Deriving is most of the work of opening, and what
 * comes of it tells nothing that the master key does not, which stays in the same memory for longer. No API key and no envelope is
 * kept: without its row in the database nothing can be opened.
 */
const derivations = new WeakMap<CryptoKey, LruCache<Derived>>();

/** Characters of an envelope's base64 that name it: its suite, kid and r. */
const named_chars = Math.ceil((layout.nonce * 4) / 3);

/** By name, since that costs less than bytes do. Recalled under a wrong name it would open nothing: the context is authenticated too. */
function recall(masterKey: CryptoKey, name: string): Derived | undefined {
  return derivations.get(masterKey)?.get(name);
}

function remember(masterKey: CryptoKey, name: string, derived: Derived): Derived {
  let recent = derivations.get(masterKey);
  if (!recent) derivations.set(masterKey, (recent = new LruCache({ maxEntries: 1_000, maxAge_ms: 5 * 60_000 })));
  recent.set(name, derived, Infinity);
  return derived;
}

async function derive(masterKey: CryptoKey, context: Bytes, random: Bytes): Promise<Derived> {
  const ourSalt = await salt;
  const hkdf = (info: number) => ({
    name: "HKDF",
    hash: "SHA-256",
    salt: ourSalt,
    info: concat(context, random, [info]),
  });
  const [key, commitment] = await Promise.all([
    crypto.subtle.deriveKey(hkdf(purpose.encryption), masterKey, { name: "AES-GCM", length: 256 }, false, [
      "encrypt",
      "decrypt",
    ]),
    crypto.subtle.deriveBits(hkdf(purpose.commitment), masterKey, 256),
  ]);
  return { key, commitment: new Uint8Array(commitment) };
}

function gcm(envelope: Bytes, context: Bytes): AesGcmParams {
  return {
    name: "AES-GCM",
    iv: envelope.subarray(layout.nonce, layout.commitment),
    additionalData: concat(envelope.subarray(0, layout.ciphertext), context),
    tagLength: 128,
  };
}

function contextOf({ ownerId, credentialId, providerNumber }: Binding, suite: number, kid: number): Bytes {
  const { number_bytes } = frames[suite]!;
  const largest = number_bytes === 1 ? 255 : 65_535;
  if (!Number.isInteger(providerNumber) || providerNumber < 1 || providerNumber > largest) {
    throw new RangeError("A provider number is from 1 to 65,535, and to 255 in suite 1.");
  }
  // Into one array, which costs a third of joining small ones.
  const at = contextPrefix.length;
  const context = new Uint8Array(at + 37 + number_bytes);
  context.set(contextPrefix);
  context[at] = suite;
  new DataView(context.buffer).setUint32(at + 1, kid);
  setUuid(context, at + 5, ownerId);
  setUuid(context, at + 21, credentialId);
  if (number_bytes === 1) context[at + 37] = providerNumber;
  else new DataView(context.buffer).setUint16(at + 37, providerNumber);
  return context;
}

function setUuid(bytes: Bytes, at: number, uuid: string): void {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(uuid)) throw new RangeError("A uuid is malformed.");
  let digits = at * 2;
  for (let index = 0; index < uuid.length; index++) {
    const code = uuid.charCodeAt(index);
    if (code === dash) continue;
    bytes[digits >> 1] = (bytes[digits >> 1]! << 4) | hexDigit(code);
    digits++;
  }
}

const dash = "-".charCodeAt(0);

/** The value of a character that is known to be one of 0-9, a-f, A-F: letters have bit 6, and begin at ...1. */
function hexDigit(code: number): number {
  return (code & 15) + (code >> 6) * 9;
}

function equalInConstantTime(left: Bytes, right: Bytes): boolean {
  if (left.length !== right.length) return false;
  let difference = 0;
  for (let index = 0; index < left.length; index++) difference |= (left[index] ?? 0) ^ (right[index] ?? 0);
  return difference === 0;
}

function concat(...parts: (Uint8Array | readonly number[])[]): Bytes {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

function unreadable(): ByokError {
  return new ByokError("envelope_unreadable");
}
