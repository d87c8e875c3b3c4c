/**
 * A second implementation of the envelope's suites, on node:crypto and written from the byte table alone. What both make alike is
 * the format; and it can make what `seal` never would, validly encrypted, so that each check of `open` meets the one envelope
 * that only this check refuses.
 */
import { createCipheriv, createHash, hkdfSync, randomBytes } from "node:crypto";
import type { Binding } from "../../../functions/_shared/crypto/envelope.ts";

export interface Ingredients {
  readonly masterKey: Uint8Array;
  readonly kid: number;
  readonly binding: Binding;
  /** 32 bytes. */
  readonly random?: Uint8Array;
  /** 12 bytes. */
  readonly nonce?: Uint8Array;
  /** Bytes to encrypt; made of an API key by `paddedKey`. */
  readonly plaintext: Uint8Array;
  readonly magic?: string;
  /** In the header. */
  readonly suite?: number;
  /** In the context. */
  readonly within?: 1 | 2;
  /** In the place of the true key commitment, 32 bytes. */
  readonly commitment?: Uint8Array;
}

/** An envelope as base64, valid in all that the ingredients do not falsify; its plaintext may be that of another suite. */
export function makeEnvelope(ingredients: Ingredients): string {
  const { masterKey, kid, binding, plaintext, magic = "BYK", suite = 1, within = 1 } = ingredients;
  const random = ingredients.random ?? randomBytes(32);
  const nonce = ingredients.nonce ?? randomBytes(12);
  const context = Buffer.concat([
    Buffer.from("byok/v1\0"),
    Buffer.of(within),
    u32(kid),
    uuid(binding.ownerId),
    uuid(binding.credentialId),
    within === 1 ? Buffer.of(binding.providerNumber) : u16(binding.providerNumber),
  ]);
  const salt = createHash("sha256").update("byok/v1/hkdf-salt").digest();
  const derive = (purpose: number) =>
    Buffer.from(hkdfSync("sha256", masterKey, salt, Buffer.concat([context, random, Buffer.of(purpose)]), 32));

  const commitment = ingredients.commitment ?? derive(2);
  const header = Buffer.concat([Buffer.from(magic), Buffer.of(suite), u32(kid), random, nonce, commitment]);
  const cipher = createCipheriv("aes-256-gcm", derive(1), nonce).setAAD(Buffer.concat([header, context]));
  return Buffer.concat([header, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]).toString("base64");
}

/** u16 length || API key || zero padding to 256 bytes. */
export function paddedKey(apiKey: string | Uint8Array, lengthField?: number): Buffer {
  const plaintext = Buffer.alloc(256);
  const bytes = Buffer.from(apiKey);
  plaintext.writeUInt16BE(lengthField ?? bytes.length);
  bytes.copy(plaintext, 2);
  return plaintext;
}

/** u8 length || place || u16 length || API key || zero padding to 1,024 bytes. */
export function placedKey(
  apiKey: string | Uint8Array,
  place: string | Uint8Array,
  lengths: { place?: number; key?: number } = {},
): Buffer {
  const plaintext = Buffer.alloc(1_024);
  const [key, label] = [Buffer.from(apiKey), Buffer.from(place)];
  plaintext.writeUInt8(lengths.place ?? label.length);
  label.copy(plaintext, 1);
  plaintext.writeUInt16BE(lengths.key ?? key.length, 1 + label.length);
  key.copy(plaintext, 3 + label.length);
  return plaintext;
}

function u16(value: number): Buffer {
  return Buffer.of(value >> 8, value & 255);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function uuid(text: string): Buffer {
  return Buffer.from(text.replaceAll("-", ""), "hex");
}
