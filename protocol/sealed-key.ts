/**
 * An API key sealed before it leaves the page. The browser seals it to the functions' public key (HPKE: `hpke.ts`), so that the
 * records of a gateway or of the hosting platform, which hold the bodies of requests, hold nothing that opens.
 *
 *     info      = "byok/v1/sealed-key" || 0 || user uuid || 0 || provider id || 0 || place || 0 || kid || 0 || issued at
 *     plaintext = API key || 0x80 || zeros up to a multiple of 256 bytes
 *
 * Numbers are decimal text; no place is no text. The place is no secret, and travels beside the key: a request with another one
 * opens nothing. The padding, as in ISO/IEC 7816-4, hides the length of the key.
 */
import { type KeyPair, openWith, sealTo } from "./hpke.ts";

/** A page seals with this: `GET /functions/v1/byok/save`. */
export interface SealingKey {
  /** Of the master key that the key pair follows from. */
  readonly kid: number;
  /** X25519, base64 of 32 bytes. */
  readonly public_key: string;
  /** When it was handed out, in ms since 1970 on the functions' clock. What is sealed with it opens for a few minutes from then on. */
  readonly issued_at_ms: number;
}

/** An API key as `save` takes it from the client. */
export interface SealedApiKey {
  readonly kid: number;
  readonly issued_at_ms: number;
  /** Base64 of 32 bytes, different for each sealed key. */
  readonly enc: string;
  /** Base64. */
  readonly ciphertext: string;
}

/** Whom and what for a key is sealed; it opens for the same alone. */
export interface Purpose {
  readonly userId: string;
  /** The provider's id. */
  readonly provider: string;
  /** The place that the key is for, as the request names it; null for none. */
  readonly place: string | null;
}

const block_bytes = 256;

/** @throws an error where WebCrypto or its X25519 is missing, or the public key is none */
export async function sealApiKey(
  { kid, public_key, issued_at_ms }: SealingKey,
  purpose: Purpose,
  apiKey: string,
): Promise<SealedApiKey> {
  const plaintext = pad(apiKey);
  const { enc, ciphertext } = await sealTo(decode(public_key), infoOf(purpose, kid, issued_at_ms), plaintext);
  plaintext.fill(0);
  return { kid, issued_at_ms, enc: encode(enc), ciphertext: encode(ciphertext) };
}

/**
 * @returns the API key, and its seal: `enc` in the one spelling that base64 has for it, whatever spelling came
 * @throws an error if it was sealed to another key, for another purpose or at another time, or if a bit was altered
 */
export async function openApiKey(
  keyPair: KeyPair,
  purpose: Purpose,
  { kid, issued_at_ms, enc, ciphertext }: SealedApiKey,
): Promise<{ readonly apiKey: string; readonly seal: string }> {
  const message = { enc: decode(enc), ciphertext: decode(ciphertext) };
  const plaintext = await openWith(keyPair, infoOf(purpose, kid, issued_at_ms), message);
  return { apiKey: unpad(plaintext), seal: encode(message.enc) };
}

function infoOf({ userId, provider, place }: Purpose, kid: number, issued_at_ms: number): Uint8Array<ArrayBuffer> {
  const parts = ["byok/v1/sealed-key", userId.toLowerCase(), provider, place ?? "", String(kid), String(issued_at_ms)];
  return new TextEncoder().encode(parts.join("\0"));
}

function pad(apiKey: string): Uint8Array<ArrayBuffer> {
  const bytes = new TextEncoder().encode(apiKey);
  const padded = new Uint8Array(block_bytes * Math.ceil((bytes.length + 1) / block_bytes));
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  return padded;
}

function unpad(padded: Uint8Array): string {
  const end = padded.findLastIndex((byte) => byte !== 0);
  if (padded[end] !== 0x80) throw new RangeError("The padding is not there.");
  const apiKey = new TextDecoder("utf-8", { fatal: true }).decode(padded.subarray(0, end));
  padded.fill(0);
  return apiKey;
}

function encode(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

function decode(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
