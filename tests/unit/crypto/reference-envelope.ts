/**
 * A second implementation of envelope suite 1, on node:crypto and written from the byte table alone. What both make alike is
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
  readonly suite?: number;
  /** In the place of the true key commitment, 32 bytes. */
  readonly commitment?: Uint8Array;
}

/** An envelope as base64, valid in all that the ingredients do not falsify. */
export function makeEnvelope(ingredients: Ingredients): string {
  const { masterKey, kid, binding, plaintext, magic = "BYK", suite = 1 } = ingredients;
  const random = ingredients.random ?? randomBytes(32);
  const nonce = ingredients.nonce ?? randomBytes(12);
  const context = Buffer.concat([
    Buffer.from("byok/v1\0"),
    Buffer.of(1),
    u32(kid),
    uuid(binding.userId),
    uuid(binding.credentialId),
    Buffer.of(binding.providerNumber),
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

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function uuid(text: string): Buffer {
  return Buffer.from(text.replaceAll("-", ""), "hex");
}
