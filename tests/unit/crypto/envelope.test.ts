import { createHash, randomBytes } from "node:crypto";
import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { type Binding, open, seal } from "../../../functions/_shared/crypto/envelope.ts";
import { ByokError } from "../../../functions/_shared/errors.ts";
import { importMasterKey, type Keyring } from "../../../functions/_shared/crypto/keyring.ts";
import { makeEnvelope, paddedKey } from "./reference-envelope.ts";
import { anyText } from "../../harness/drawing/any-text.ts";

// Thousands of cases each, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 });

/** Made once by Python's `cryptography`. If these bytes no longer open, neither do those in anybody's database. */
const vector = {
  kid: 7,
  masterKey: Buffer.from("cfhoRO8hsg2JAtmFivXvHmWw1kXjNloEST3I7ThG3TA=", "base64"),
  random: Buffer.from("f06ba891bc89bc345ddb8e9c1d9db245191f827766f5d872add0a3d4835a8c2e", "hex"),
  nonce: Buffer.from("201682d197a7074c012e41b9", "hex"),
  binding: {
    ownerId: "0b6f2c1e-8d2a-4c55-9a3e-5d1f0a7b9c31",
    credentialId: "f3d0a9b4-17c6-4e0b-8f21-6c2e4d8a5b70",
    providerNumber: 2,
  },
  apiKey: "sk-ant-api03-an-example-key",
  envelope:
    "QllLAQAAAAfwa6iRvIm8NF3bjpwdnbJFGR+Cd2b12HKt0KPUg1qMLiAWgtGXpwdMAS5BuUd4I1I/pfYSzXNUceZOgfw2K2uBtTIZc4SNnwQNcGFkZOEg" +
    "/+xaX1vYpOT31kvf6fAlMEzo98icYbnzAFtKZNIJ/5KX6pFSiqbL9nTZwDDmvzJcfiRnghTREbLdu9PqU5VVs3g1F22MhyHh9y/CTFhu2c3+hzSyUNuD" +
    "DSHTaSyiVFs6umVc4MtbiKg0dXO+FkOfXdyZPV1/wTxy6zah8Nm+y/vMA+i6BFNFQtGBLAyzQgT10ggzeDot0A3ca5QqH5sbN/jGHNQfVWQc5cevo7Ny" +
    "hE45FYm8d0sCwIht1xk4LB+mQIZU9zMw2geHyY+HCJgveywU+ye4dQqEa3wnxVetz7ouYFZM8PDVIdfy/D4dKNs6XiTY2IS1EAQ0FmBhb+wi1iJJgUOS" +
    "zTW+RGd0aDo=",
};
const { binding, masterKey, kid } = vector;
const otherMasterKey = createHash("sha256").update("another master key").digest();
/** Made by hand, since the guard against published keys refuses the one above. */
const keyring: Keyring = {
  primary: 7,
  masterKeys: new Map([
    [7, await importMasterKey(new Uint8Array(masterKey))],
    [8, await importMasterKey(new Uint8Array(otherMasterKey))],
  ]),
};

/** A key without a place. */
const plain = (apiKey: string) => ({ apiKey, place: null });

/** Longest API key of suite 1, in bytes. */
const maxApiKey_bytes = 254;

afterEach(() => {
  vi.restoreAllMocks();
});

function bytesOf(envelope: string): Buffer {
  return Buffer.from(envelope, "base64");
}

/** Opens, expecting the one refusal there is: the same in every word, whatever the cause. */
async function expectUnreadable(envelope: string | Uint8Array, { ring = keyring, bound = binding as Binding } = {}) {
  const sealed = typeof envelope === "string" ? envelope : Buffer.from(envelope).toString("base64");
  const refusal = await open(ring, bound, sealed).then(
    () => expect.unreachable("it opened"),
    (error: unknown) => error,
  );
  expect(refusal).toBeInstanceOf(ByokError);
  expect(refusal).toMatchObject({
    code: "envelope_unreadable",
    message: "The saved API key cannot be opened. Save it again.",
    details: {},
  });
  expect((refusal as ByokError).cause).toBeUndefined();
}

/** Expects that an envelope of the second implementation is refused, with everything about it valid but what is given. */
async function expectForgeryRefused(forgery: Partial<Parameters<typeof makeEnvelope>[0]>) {
  await expectUnreadable(makeEnvelope({ masterKey, kid, binding, plaintext: paddedKey("sk-key"), ...forgery }));
}

describe("the bytes of suite 1", () => {
  test("open() reads the fixed envelope that Python made", async () => {
    expect(await open(keyring, binding, vector.envelope)).toEqual(plain(vector.apiKey));
  });

  test("the second implementation makes the fixed envelope too", () => {
    expect(makeEnvelope({ ...vector, plaintext: paddedKey(vector.apiKey) })).toBe(vector.envelope);
  });

  test("seal() makes the fixed envelope when chance gives its random bytes", async () => {
    vi.spyOn(crypto, "getRandomValues").mockImplementation((array) => {
      Buffer.from((array as Uint8Array).buffer, array.byteOffset).set(Buffer.concat([vector.random, vector.nonce]));
      return array;
    });
    expect(await seal(keyring, binding, plain(vector.apiKey))).toEqual({ envelope: vector.envelope, kid: 7 });
  });

  test("open() reads any envelope of the second implementation", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uuid(),
        fc.uuid(),
        fc.integer({ min: 1, max: 255 }),
        apiKeys(),
        async (ownerId, credentialId, n, apiKey) => {
          const bound = { ownerId, credentialId, providerNumber: n };
          const envelope = makeEnvelope({ masterKey, kid, binding: bound, plaintext: paddedKey(apiKey) });
          expect(await open(keyring, bound, envelope)).toEqual(plain(apiKey));
        },
      ),
    );
  });
});

describe("seal()", () => {
  test("and open() give back every printable key of 1 to 254 bytes", async () => {
    await fc.assert(fc.asyncProperty(apiKeys(), roundTrip), { numRuns: 200 });
    await roundTrip("k");
    await roundTrip("k".repeat(maxApiKey_bytes));
  });

  test("and open() give back any UTF-8 that fits, a byte order mark included", async () => {
    const texts = anyText({ minLength: 1, maxLength: 254 }).filter((text) => Buffer.byteLength(text) <= 254);
    await fc.assert(fc.asyncProperty(texts, roundTrip), { numRuns: 200 });
    await roundTrip("\uFEFFkey");
  });

  test("hides the length: 356 bytes for every key of up to 254", async () => {
    await fc.assert(
      fc.asyncProperty(apiKeys(), async (apiKey) => {
        expect(bytesOf((await seal(keyring, binding, plain(apiKey))).envelope)).toHaveLength(356);
      }),
    );
  });

  test("never makes the same envelope, random value, nonce, commitment or ciphertext twice", async () => {
    const first = bytesOf((await seal(keyring, binding, plain("sk-key"))).envelope);
    const second = bytesOf((await seal(keyring, binding, plain("sk-key"))).envelope);
    for (const [from, to] of [
      [8, 40],
      [40, 52],
      [52, 84],
      [84, 340],
      [340, 356],
    ] as const) {
      expect(first.subarray(from, to)).not.toEqual(second.subarray(from, to));
    }
  });

  test("seals under the primary key and says which", async () => {
    const rotated: Keyring = { primary: 8, masterKeys: keyring.masterKeys };
    const sealed = await seal(rotated, binding, plain("sk-key"));
    expect(sealed.kid).toBe(8);
    expect(bytesOf(sealed.envelope).readUInt32BE(4)).toBe(8);
    expect(await open(keyring, binding, sealed.envelope)).toEqual(plain("sk-key"));
  });

  test("derives a key that cannot be read back", async () => {
    const deriveKey = vi.spyOn(crypto.subtle, "deriveKey");
    await seal(keyring, binding, plain("sk-key"));
    const derived = await (deriveKey.mock.results[0]?.value as Promise<CryptoKey>);
    expect(derived).toMatchObject({ extractable: false, algorithm: { name: "AES-GCM", length: 256 } });
  });

  test("leaves no padded copy of the key behind", async () => {
    const encrypt = vi.spyOn(crypto.subtle, "encrypt");
    await seal(keyring, binding, plain("sk-key"));
    expect(encrypt.mock.calls[0]?.[2]).toEqual(new Uint8Array(256));
  });

  test("refuses an empty key, and one of more than 958 bytes", async () => {
    const message = "An API key has 1 to 958 bytes.";
    for (const apiKey of ["", "k".repeat(959), "é".repeat(480)]) {
      await expect(seal(keyring, binding, plain(apiKey))).rejects.toThrow(new RangeError(message));
    }
  });

  test.each([0, 1.5, 65_536, Number.NaN])("refuses the provider number %d", async (providerNumber) => {
    const refused = seal(keyring, { ...binding, providerNumber }, plain("sk-key"));
    const message = "A provider number is from 1 to 65,535, and to 255 in suite 1.";
    await expect(refused).rejects.toThrow(new RangeError(message));
  });

  test.each([
    "",
    "not-a-uuid",
    `0${binding.ownerId}`,
    `${binding.ownerId}0`,
    `{${binding.ownerId}}`,
    binding.ownerId.replaceAll("-", ""),
  ])("refuses the malformed uuid %j", async (uuid) => {
    const message = "A uuid is malformed.";
    await expect(seal(keyring, { ...binding, ownerId: uuid }, plain("sk-key"))).rejects.toThrow(
      new RangeError(message),
    );
    await expect(seal(keyring, { ...binding, credentialId: uuid }, plain("sk-key"))).rejects.toThrow(
      new RangeError(message),
    );
  });

  test("refuses a ring without its primary key", async () => {
    const refused = seal({ primary: 9, masterKeys: keyring.masterKeys }, binding, plain("sk-key"));
    await expect(refused).rejects.toThrow(new RangeError("The primary key is not in the key ring."));
  });
});

describe("open()", () => {
  test("refuses an envelope with any one bit flipped", async () => {
    const bytes = bytesOf(vector.envelope);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Buffer.from(bytes);
      flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      await expectUnreadable(flipped);
    }
  });

  test("opens each of a user's envelopes with what was derived for it, however often and in whichever order", async () => {
    const sealed = await Promise.all(["sk-first", "sk-second"].map((apiKey) => seal(keyring, binding, plain(apiKey))));
    const otherRing = { primary: 7, masterKeys: new Map([[7, keyring.masterKeys.get(8)!]]) };
    for (const _ of [1, 2, 3]) {
      expect(await open(keyring, binding, sealed[0]?.envelope ?? "")).toEqual(plain("sk-first"));
      expect(await open(keyring, binding, sealed[1]?.envelope ?? "")).toEqual(plain("sk-second"));
      await expectUnreadable(sealed[0]?.envelope ?? "", { bound: { ...binding, providerNumber: 3 } });
      await expectUnreadable(sealed[0]?.envelope ?? "", { ring: otherRing });
    }
  });

  test("derives once for an envelope that is opened again, and again after five minutes", async () => {
    const { envelope } = await seal(keyring, binding, plain("sk-key"));
    const deriveKey = vi.spyOn(crypto.subtle, "deriveKey");
    const now = vi.spyOn(Date, "now");
    for (const minutes of [0, 1, 4.9]) {
      now.mockReturnValue(minutes * 60_000);
      expect(await open(keyring, binding, envelope)).toEqual(plain("sk-key"));
      expect(deriveKey).toHaveBeenCalledOnce();
    }
    now.mockReturnValue(5 * 60_000);
    expect(await open(keyring, binding, envelope)).toEqual(plain("sk-key"));
    expect(deriveKey).toHaveBeenCalledTimes(2);
  });

  test("refuses an envelope cut to any length", async () => {
    const bytes = bytesOf(vector.envelope);
    for (let length = 0; length < bytes.length; length++) await expectUnreadable(bytes.subarray(0, length));
  });

  test("refuses an envelope with anything before or after it", async () => {
    const bytes = bytesOf(vector.envelope);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 400 }), async (more) => {
        await expectUnreadable(Buffer.concat([bytes, more]));
        await expectUnreadable(Buffer.concat([more, bytes]));
      }),
    );
  });

  test.each(["", "*", "not base64", `${vector.envelope}=`, `${vector.envelope}A`])(
    "refuses %j, which is no base64 of an envelope",
    (text) => expectUnreadable(text),
  );

  test("refuses an envelope moved to another user, credential or provider", async () => {
    const others = fc.record({
      ownerId: fc.uuid(),
      credentialId: fc.uuid(),
      providerNumber: fc.integer({ min: 3, max: 255 }),
    });
    await fc.assert(
      fc.asyncProperty(others, async ({ ownerId, credentialId, providerNumber }) => {
        await expectUnreadable(vector.envelope, { bound: { ...binding, ownerId } });
        await expectUnreadable(vector.envelope, { bound: { ...binding, credentialId } });
        await expectUnreadable(vector.envelope, { bound: { ...binding, providerNumber } });
      }),
    );
  });

  test("refuses an envelope with user and credential exchanged", async () => {
    const { ownerId, credentialId, providerNumber } = binding;
    await expectUnreadable(vector.envelope, {
      bound: { ownerId: credentialId, credentialId: ownerId, providerNumber },
    });
  });

  test("refuses a malformed binding like any other", async () => {
    await expectUnreadable(vector.envelope, { bound: { ...binding, ownerId: "nobody" } });
    await expectUnreadable(vector.envelope, { bound: { ...binding, providerNumber: 0 } });
  });

  test("takes a uuid in either case", async () => {
    expect(await open(keyring, { ...binding, ownerId: binding.ownerId.toUpperCase() }, vector.envelope)).toEqual(
      plain(vector.apiKey),
    );
  });

  test("refuses a kid that is not in the ring", async () => {
    await expectForgeryRefused({ kid: 9 });
  });

  test("refuses an envelope relabelled with another kid of the ring", async () => {
    const relabelled = bytesOf(vector.envelope);
    relabelled.writeUInt32BE(8, 4);
    await expectUnreadable(relabelled);
  });

  test("refuses another kid even where it stands for the same master key", async () => {
    const key = await importMasterKey(new Uint8Array(masterKey));
    const ring: Keyring = {
      primary: 7,
      masterKeys: new Map([
        [7, key],
        [8, key],
      ]),
    };
    const relabelled = bytesOf(vector.envelope);
    relabelled.writeUInt32BE(8, 4);
    await expectUnreadable(relabelled, { ring });
  });

  test("refuses an envelope of another master key under the same kid", async () => {
    await expectForgeryRefused({ masterKey: otherMasterKey });
  });

  describe("refuses what was encrypted and authenticated with the right key, but", () => {
    test("has another magic", () => expectForgeryRefused({ magic: "BYX" }));
    test("names another suite", () => expectForgeryRefused({ suite: 2 }));
    test("commits to another key", () => expectForgeryRefused({ commitment: randomBytes(32) }));
    test("commits wrongly in the last bit alone", async () => {
      const trueCommitment = bytesOf(vector.envelope).subarray(52, 84);
      const commitment = Buffer.from(trueCommitment);
      commitment.writeUInt8(commitment.readUInt8(31) ^ 1, 31);
      const { random, nonce } = vector;
      await expectForgeryRefused({ random, nonce, plaintext: paddedKey(vector.apiKey), commitment });
    });
    test("is a byte longer", () =>
      expectForgeryRefused({ plaintext: Buffer.concat([paddedKey("sk-key"), Buffer.of(0)]) }));
    test("is a byte shorter", () => expectForgeryRefused({ plaintext: paddedKey("sk-key").subarray(0, 255) }));
    test("says its length is 0", () => expectForgeryRefused({ plaintext: paddedKey("") }));
    test("says its length is 255", () => expectForgeryRefused({ plaintext: paddedKey("k".repeat(254), 255) }));
    test("says its length is 65535", () => expectForgeryRefused({ plaintext: paddedKey("k".repeat(254), 65535) }));
    test("says a length short of its key", () => expectForgeryRefused({ plaintext: paddedKey("sk-key", 5) }));
    test("ends in padding that is not zero", async () => {
      const plaintext = paddedKey("sk-key");
      plaintext.writeUInt8(1, 255);
      await expectForgeryRefused({ plaintext });
    });
    test.each([
      ["a stray byte", [0xff]],
      ["an overlong slash", [0xc0, 0xaf]],
      ["half a surrogate pair", [0xed, 0xa0, 0x80]],
      ["a cut sequence", [0x41, 0xe2, 0x82]],
    ])("is no UTF-8: %s", (_, bytes) => expectForgeryRefused({ plaintext: paddedKey(Buffer.from(bytes)) }));
  });
});

/** Printable ASCII of 1 to 254 bytes. */
function apiKeys() {
  return fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: maxApiKey_bytes });
}

async function roundTrip(apiKey: string): Promise<void> {
  const { envelope } = await seal(keyring, binding, plain(apiKey));
  expect(await open(keyring, binding, envelope)).toEqual(plain(apiKey));
}
