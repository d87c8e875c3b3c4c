import { createHash, randomBytes } from "node:crypto";
import { describe, expect, test, vi } from "vitest";
import { importKeyring, importMasterKey } from "../../../functions/_shared/crypto/keyring.ts";

const first = randomBytes(32).toString("base64");
const second = randomBytes(32).toString("base64");

function ringOf(primary: unknown, keys: unknown): string {
  return JSON.stringify({ primary, keys });
}

function refusal(reason: string): Error {
  return new Error(`BYOK_MASTER_KEYS: ${reason}`);
}

describe("importKeyring()", () => {
  test("reads every key and the primary", async () => {
    const keyring = await importKeyring(ringOf(2, { 1: first, 2: second }));
    expect(keyring.primary).toBe(2);
    expect([...keyring.masterKeys.keys()]).toEqual([1, 2]);
  });

  test("takes the smallest and the largest kid that four bytes hold", async () => {
    const keyring = await importKeyring(ringOf(0, { 0: first, 4294967295: second }));
    expect([...keyring.masterKeys.keys()]).toEqual([0, 4294967295]);
  });

  test("keeps keys for HKDF alone, which cannot be read back", async () => {
    const { masterKeys } = await importKeyring(ringOf(1, { 1: first }));
    const key = masterKeys.get(1) as CryptoKey;
    expect(key).toMatchObject({ extractable: false, algorithm: { name: "HKDF" } });
    expect([...key.usages].sort()).toEqual(["deriveBits", "deriveKey"]);
    await expect(crypto.subtle.exportKey("raw", key)).rejects.toThrow();
  });

  test.each(["", "nonsense", "[]", "null", "7", '"a"', "{}", '{"primary": 1}', '{"primary": 1, "keys": []}'])(
    "refuses %j, which is no ring",
    (json) =>
      expect(importKeyring(json)).rejects.toEqual(
        refusal('it is not JSON of the form {"primary": 1, "keys": {"1": "..."}}'),
      ),
  );

  test.each(["1", null, undefined, true])("refuses the primary %j, which is no number", (primary) =>
    expect(importKeyring(ringOf(primary, { 1: first }))).rejects.toEqual(refusal("primary is not a number")),
  );

  test.each([2, 1.5, -1])("refuses the primary %d, which is not there", (primary) =>
    expect(importKeyring(ringOf(primary, { 1: first }))).rejects.toEqual(
      refusal(`the primary key ${primary} is not among the keys`),
    ),
  );

  test("refuses a ring without keys", () =>
    expect(importKeyring(ringOf(1, {}))).rejects.toEqual(refusal("the primary key 1 is not among the keys")));

  test.each(["01", "-1", "1.0", "1e3", "0x1", "", " 1", "a", "4294967296", "99999999999"])(
    "refuses the kid %j",
    (kid) =>
      expect(importKeyring(ringOf(1, { 1: first, [kid]: second }))).rejects.toEqual(
        refusal("a kid is not a number from 0 to 4294967295"),
      ),
  );

  test.each([0, 1, 16, 24, 31, 33, 64])("refuses a key of %d bytes", (length) =>
    expect(importKeyring(ringOf(1, { 1: randomBytes(length).toString("base64") }))).rejects.toEqual(
      refusal("key 1 is not the base64 of exactly 32 bytes"),
    ),
  );

  test.each(["*".repeat(44), "é", 12345, null, { a: 1 }])("refuses the key %j, which is no base64 of one", (encoded) =>
    expect(importKeyring(ringOf(1, { 1: encoded }))).rejects.toEqual(
      refusal("key 1 is not the base64 of exactly 32 bytes"),
    ),
  );

  test.each([
    ["of zeros", Buffer.alloc(32)],
    ["of one byte repeated", Buffer.alloc(32, 0x2a)],
    ["of letters repeated", Buffer.from("a".repeat(32))],
    ["that counts from 0", Buffer.from(Array.from({ length: 32 }, (_, index) => index))],
    ["that counts from 1", Buffer.from(Array.from({ length: 32 }, (_, index) => index + 1))],
    ["that counts down", Buffer.from(Array.from({ length: 32 }, (_, index) => 255 - index))],
    ["that counts across 255", Buffer.from(Array.from({ length: 32 }, (_, index) => 240 + index))],
    ["that counts by 17", Buffer.from(Array.from({ length: 32 }, (_, index) => index * 17))],
    ["that begins like no other", Buffer.from([...Array<number>(31).fill(0), 1])],
    ["of a word repeated", Buffer.from("deadbeef".repeat(8), "hex")],
    ["of 16 bytes, twice", Buffer.from("feffe9928665731c6d6a8f9467308308".repeat(2), "hex")],
    ["of AES-256", Buffer.from("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4", "hex")],
    ["of digits of hexadecimal", Buffer.from("0f1e2d3c4b5a69788796a5b4c3d2e1f0")],
    ["of a passphrase", Buffer.from("change-me-to-a-32-byte-secret-ok")],
    ["of a passphrase and zeros", Buffer.from("correct horse battery\0\0\0\0\0\0\0\0\0\0\0")],
    ["of a hashed word", createHash("sha256").update("secret").digest()],
  ])("refuses a published example %s", (_, bytes) =>
    expect(importKeyring(ringOf(1, { 1: bytes.toString("base64") }))).rejects.toEqual(
      refusal("key 1 is a published example; make one with npx supabase-byok keyring new"),
    ),
  );

  test("leaves no copy of a key behind that can be read", async () => {
    const importKey = vi.spyOn(crypto.subtle, "importKey");
    await importKeyring(ringOf(1, { 1: first }));
    expect(importKey.mock.calls[0]?.[1]).toEqual(new Uint8Array(32));
    importKey.mockRestore();
  });

  test("takes random keys, also when they look a little like an example", async () => {
    const random = Array.from({ length: 2_000 }, () => randomBytes(32));
    const alike = [
      Buffer.concat([Buffer.from(Array.from({ length: 16 }, (_, index) => index)), randomBytes(16)]),
      Buffer.concat([Buffer.from("a text of 16 byt"), randomBytes(15), Buffer.of(0xff)]),
    ];
    const keys = [...random, ...alike].map((bytes, kid) => [kid, bytes.toString("base64")]);
    await expect(importKeyring(ringOf(1, Object.fromEntries(keys)))).resolves.toMatchObject({ primary: 1 });
  });

  test("never shows a key in a refusal", async () => {
    const secret = randomBytes(20).toString("base64");
    const broken = [
      secret,
      `{"primary": 1, "keys": {"1": "${secret}"`,
      ringOf(1, { 1: secret }),
      ringOf(secret, { 1: secret }),
    ];
    for (const json of [...broken, ringOf(1, { [secret]: first })]) {
      const error = await importKeyring(json).then(
        () => expect.unreachable("it was imported"),
        (thrown: unknown) => thrown as Error,
      );
      expect(`${error.message} ${error.cause ?? ""}`).not.toContain(secret);
    }
  });
});

describe("importMasterKey()", () => {
  test("gives a key that cannot be read back", async () => {
    expect(await importMasterKey(new Uint8Array(randomBytes(32)))).toMatchObject({
      type: "secret",
      extractable: false,
    });
  });
});
