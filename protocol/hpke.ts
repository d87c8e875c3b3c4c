/**
 * Sealing to a public key: HPKE, RFC 9180, in base mode, one message for each key. DHKEM(X25519, HKDF-SHA256), HKDF-SHA256,
 * AES-GCM. WebCrypto alone, in browsers and in Deno. Section numbers below are those of the RFC.
 */

type Bytes = Uint8Array<ArrayBuffer>;

export interface KeyPair {
  /** X25519, with the usage `deriveBits`. */
  readonly privateKey: CryptoKey;
  /** 32 bytes. */
  readonly publicKey: Bytes;
}

export interface SealedMessage {
  /** The sender's public key, 32 bytes, new for each message. */
  readonly enc: Bytes;
  /** 16 bytes longer than the plaintext. */
  readonly ciphertext: Bytes;
}

/** By the bits of the key: the id of the AEAD (section 7.3) and the length of its key. */
const aeads = { 256: { id: 2, key_bytes: 32 }, 128: { id: 1, key_bytes: 16 } } as const;

/** Of which the product needs nothing else than the default; the RFC's test vectors do. */
export interface HpkeOptions {
  /** Bits of the AES key; 256 by default. */
  readonly aes?: keyof typeof aeads;
  /** Additional data that is authenticated; empty by default. */
  readonly aad?: Bytes;
}

const kem = [0x00, 0x20];
const kdf = [0x00, 0x01];
const hash_bytes = 32;
const nonce_bytes = 12;
const publicKey_bytes = 32;
const modeBase = 0;
const none = new Uint8Array(0);

/** The prefix of a private key's 32 bytes in PKCS #8, RFC 8410, section 7. */
const pkcs8Prefix = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 4, 0x22, 4, 0x20];
/** The base point of X25519, RFC 7748, section 4.1. */
const basePoint = Uint8Array.from({ length: publicKey_bytes }, (_, index) => (index === 0 ? 9 : 0));

/** The key pair of 32 random bytes; the private key cannot be read back. */
export async function keyPairOf(secret: Uint8Array): Promise<KeyPair> {
  const pkcs8 = concat(pkcs8Prefix, secret);
  const privateKey = await crypto.subtle.importKey("pkcs8", pkcs8, "X25519", false, ["deriveBits"]);
  pkcs8.fill(0);
  return { privateKey, publicKey: await agree(privateKey, basePoint) };
}

/**
 * Seals a message to a public key: `SealBase`, section 6.1.
 *
 * @param info the message is bound to it: it opens with the same alone
 * @param options.sender the sender's key pair, which has to be new for each message; made here by default
 * @throws DOMException if the public key is none
 */
export async function sealTo(
  publicKey: Bytes,
  info: Bytes,
  plaintext: Bytes,
  options: HpkeOptions & { readonly sender?: KeyPair } = {},
): Promise<SealedMessage> {
  const sender = options.sender ?? (await keyPairOf(crypto.getRandomValues(new Uint8Array(32))));
  const enc = sender.publicKey;
  const dh = await agree(sender.privateKey, publicKey);
  const { key, gcm } = await schedule(dh, concat(enc, publicKey), info, options);
  return { enc, ciphertext: new Uint8Array(await crypto.subtle.encrypt(gcm, key, plaintext)) };
}

/**
 * Opens a message: `OpenBase`, section 6.1.
 *
 * @throws an error if it was sealed to another key or with other `info`, or if a bit was altered
 */
export async function openWith(
  { privateKey, publicKey }: KeyPair,
  info: Bytes,
  { enc, ciphertext }: SealedMessage,
  options: HpkeOptions = {},
): Promise<Bytes> {
  const dh = await agree(privateKey, enc);
  const { key, gcm } = await schedule(dh, concat(enc, publicKey), info, options);
  return new Uint8Array(await crypto.subtle.decrypt(gcm, key, ciphertext));
}

/** Diffie-Hellman over X25519. WebCrypto refuses a point of small order, as section 7.1.4 demands. */
async function agree(privateKey: CryptoKey, publicKey: Bytes): Promise<Bytes> {
  const other = await crypto.subtle.importKey("raw", publicKey, "X25519", true, []);
  const bits = await crypto.subtle.deriveBits({ name: "X25519", public: other }, privateKey, 8 * publicKey_bytes);
  return new Uint8Array(bits);
}

/** Sections 4.1 (`ExtractAndExpand`) and 5.1 (`KeySchedule`): key and parameters of the one message. */
async function schedule(
  dh: Bytes,
  kemContext: Bytes,
  info: Bytes,
  { aes = 256, aad = none }: HpkeOptions,
): Promise<{ key: CryptoKey; gcm: AesGcmParams }> {
  const { id, key_bytes } = aeads[aes];
  const kemSuite = concat(ascii("KEM"), kem);
  const suite = concat(ascii("HPKE"), kem, kdf, [0, id]);

  const extracted = await extract(kemSuite, none, "eae_prk", dh);
  const shared = await expand(kemSuite, extracted, "shared_secret", kemContext, hash_bytes);
  const pskIdHash = await extract(suite, none, "psk_id_hash", none);
  const infoHash = await extract(suite, none, "info_hash", info);
  const context = concat([modeBase], pskIdHash, infoHash);
  const secret = await extract(suite, shared, "secret", none);
  const raw = await expand(suite, secret, "key", context, key_bytes);
  const iv = await expand(suite, secret, "base_nonce", context, nonce_bytes);
  const key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
  for (const used of [dh, extracted, shared, secret, raw]) used.fill(0);
  return { key, gcm: { name: "AES-GCM", iv, additionalData: aad } };
}

/** `LabeledExtract`, section 4. WebCrypto has no HKDF-Extract of its own; it is HMAC (RFC 5869, section 2.2). */
function extract(suite: Bytes, salt: Bytes, label: string, secret: Bytes): Promise<Bytes> {
  const filled = salt.length === 0 ? new Uint8Array(hash_bytes) : salt;
  return hmac(filled, concat(ascii("HPKE-v1"), suite, ascii(label), secret));
}

/** `LabeledExpand`, section 4, for at most one block of HKDF-Expand (RFC 5869, section 2.3): all that is needed here. */
async function expand(suite: Bytes, key: Bytes, label: string, info: Bytes, length: number): Promise<Bytes> {
  const block = await hmac(key, concat([0, length], ascii("HPKE-v1"), suite, ascii(label), info, [1]));
  return block.slice(0, length);
}

async function hmac(key: Bytes, message: Bytes): Promise<Bytes> {
  const imported = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, message));
}

function ascii(text: string): Bytes {
  return new TextEncoder().encode(text);
}

function concat(...parts: readonly (Uint8Array | readonly number[])[]): Bytes {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}
