/** HPKE against the RFC's own vectors, and against another implementation of it. */
import { randomBytes } from "node:crypto";
import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from "@hpke/core";
import { describe, expect, test } from "vitest";
import { keyPairOf, openWith, sealTo } from "../../../protocol/hpke.ts";

const hex = (text: string) => Uint8Array.from(Buffer.from(text, "hex"));
const bytes = (text: string) => new TextEncoder().encode(text);

/** RFC 9180, appendix A.1.1: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM, base mode; the first message. */
const vector = {
  info: hex("4f6465206f6e2061204772656369616e2055726e"),
  skEm: hex("52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736"),
  pkEm: hex("37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431"),
  skRm: hex("4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8"),
  pkRm: hex("3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d"),
  plaintext: hex("4265617574792069732074727574682c20747275746820626561757479"),
  aad: hex("436f756e742d30"),
  ciphertext: hex("f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a"),
};

describe("the vector of RFC 9180", () => {
  test("has its public keys", async () => {
    expect((await keyPairOf(vector.skEm)).publicKey).toEqual(vector.pkEm);
    expect((await keyPairOf(vector.skRm)).publicKey).toEqual(vector.pkRm);
  });

  test("is sealed and opened", async () => {
    const { info, plaintext, aad, ciphertext } = vector;
    const sender = await keyPairOf(vector.skEm);
    const sealed = await sealTo(vector.pkRm, info, plaintext, { sender, aes: 128, aad });
    expect(sealed).toEqual({ enc: vector.pkEm, ciphertext });
    const recipient = await keyPairOf(vector.skRm);
    expect(await openWith(recipient, info, sealed, { aes: 128, aad })).toEqual(plaintext);
  });
});

describe("another implementation", () => {
  const suite = new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
  const [info, plaintext] = [bytes("info"), bytes("what is said")];

  test("opens what we seal", async () => {
    const recipientKey = await suite.kem.deriveKeyPair(randomBytes(32).buffer);
    const publicKey = new Uint8Array(await suite.kem.serializePublicKey(recipientKey.publicKey));
    const { enc, ciphertext } = await sealTo(publicKey, info, plaintext);
    const opened = await suite.open({ recipientKey, enc, info }, ciphertext);
    expect(new Uint8Array(opened)).toEqual(plaintext);
  });

  test("seals what we open", async () => {
    const recipient = await keyPairOf(randomBytes(32));
    const recipientPublicKey = await suite.kem.deserializePublicKey(recipient.publicKey);
    const { enc, ct } = await suite.seal({ recipientPublicKey, info }, plaintext);
    const sealed = { enc: new Uint8Array(enc), ciphertext: new Uint8Array(ct) };
    expect(await openWith(recipient, info, sealed)).toEqual(plaintext);
  });
});

describe("a sealed message", () => {
  const [info, plaintext] = [bytes("info"), bytes("what is said")];

  test("is different each time", async () => {
    const { publicKey } = await keyPairOf(randomBytes(32));
    const [first, second] = [await sealTo(publicKey, info, plaintext), await sealTo(publicKey, info, plaintext)];
    expect(first.enc).not.toEqual(second.enc);
    expect(first.ciphertext).not.toEqual(second.ciphertext);
  });

  test("opens with its own key and its own info alone, as it was sealed", async () => {
    const recipient = await keyPairOf(randomBytes(32));
    const sealed = await sealTo(recipient.publicKey, info, plaintext);
    expect(await openWith(recipient, info, sealed)).toEqual(plaintext);
    const altered = (part: Uint8Array<ArrayBuffer>) => part.map((byte, index) => (index === 3 ? byte ^ 1 : byte));
    await expect(openWith(await keyPairOf(randomBytes(32)), info, sealed)).rejects.toThrow();
    await expect(openWith(recipient, bytes("else"), sealed)).rejects.toThrow();
    await expect(openWith(recipient, info, { ...sealed, enc: altered(sealed.enc) })).rejects.toThrow();
    await expect(openWith(recipient, info, { ...sealed, ciphertext: altered(sealed.ciphertext) })).rejects.toThrow();
  });

  test.each([
    ["zeros", new Uint8Array(32)],
    ["one", Uint8Array.from({ length: 32 }, (_, index) => (index === 0 ? 1 : 0))],
    ["a point of order eight", hex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800")],
    ["too short", new Uint8Array(31)],
  ])("is neither sealed to nor opened from %s in the place of a public key", async (_, point) => {
    const recipient = await keyPairOf(randomBytes(32));
    await expect(sealTo(point, info, plaintext)).rejects.toThrow();
    await expect(openWith(recipient, info, { enc: point, ciphertext: new Uint8Array(64) })).rejects.toThrow();
  });
});
