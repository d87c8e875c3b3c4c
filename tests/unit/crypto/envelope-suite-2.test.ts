/** Suite 2: keys with a place, longer keys, and keys of endpoints with a larger number. */
import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { type Binding, open, seal } from "../../../functions/_shared/crypto/envelope.ts";
import { importMasterKey, type Keyring } from "../../../functions/_shared/crypto/keyring.ts";
import type { PlacedKey } from "../../../functions/_shared/providers/types.ts";
import { makeEnvelope, paddedKey, placedKey } from "./reference-envelope.ts";

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
    providerNumber: 10_007,
  },
  key: { apiKey: "an-example-key-of-an-endpoint", place: "westeurope" },
  envelope:
    "QllLAgAAAAfwa6iRvIm8NF3bjpwdnbJFGR+Cd2b12HKt0KPUg1qMLiAWgtGXpwdMAS5BufvZSJrqZ6jnzXA+sgr+GTag/Y+56arTRDMfbJghHeEolyeJ" +
    "HaqnJNZa5yy5OhRdyS0rEXi/IbN8lJGw57CCc8PPVZ5BkALrcYSgH0WdNqYGObFFSbLzDJhxk2I/EulNCKw/MP9sdwZCIAfwhshH19eMzgOMlTkIwnl4" +
    "CitKR8CCv0QtU2MWfE95auLXMwl8gcyJp5Kahq82tqCuLanzsFNibK0pvU+PbCQ5nHTBRfQ65PvCDSFEZjKR0xAPoZL25KOzVktxZ+DS9mgfoxq2kiKk" +
    "UMBr9jUhNP5/sBlOdlMbps1mpxCjB4WF+CKHB8pTgTP8QbP8vl8FvYM+aIe2t2rTrvIUl2ITusGb4Bmb9DXD+4hzGh1NfwwpwcfK6/5OyoYJzv6mdWCk" +
    "SBzkCGj04F1XfsJjSoYcHvf/1dbY2nc2h9D6ZIThCTBex6fQ3ZIhBoAZM/y/L3xRfHC3zBPYWIwRXXOu7sgb28TiAsy8OyMv1t2H3ACbNaGCh1SI8WNF" +
    "WDlYH3J0B10nOOzi5S+R/LmwQ8mK5hMvnEIrFPhhuu70q7rBdVxA0fwX/ura/YBpx1gkZ8NFpP1ia+nzAdygjJ8VXs7yMaovFnkgVeyiOBtaDp8SwtaD" +
    "5qYr+5BdpUjvBDqMpsuf+In9qUDz7HC6C1KaTgyRYFPVRrKvwSK0cDW0yXD90wx94IhLs1ONSSVLcsZbBJxQXdk3OPspAvcAuI/Iosxf4RSDl3X0x+pT" +
    "IEukW0y1/dkZv01NFFuZcGi+dXnlEBpGg8REAd5yGsW9D0nnnKVqrZGBddiEDMfti+na8Gprm+U6gsA/BFb5u+R6/bR3G0OcK4vePk2zufxJlfW6dpqq" +
    "h/iMjeYa15x+vewCIc+OBWcYMmtGDnVTho+jTq6Jf0xsbzdvTrqnq+j2pZptDsqqyzoQjOBspCzAq8JGiHR3Ev3Xh5wua9bb0YNqtcL0ETiDh8WicTBF" +
    "YXHaTEyjXMPvGto1ncTXZyBfEx+vUfKywmKV52shxOzPLbUZeebQLFs5N/jBrettAYQThjMC/aowVJPFpI9VO8H4+nfaN27OQDCtOdd2edEKmPI3sZyH" +
    "OU8yh9cSh/SmkysY3fnRMTx4aIz4KEVQdXsYD4/w92FhU8YQmZNWwCnJjnytzAbn/BDJ/bXostTmUT3UeA2aRtXlOoKgp1bGURIQ3xM9qzDWeS8HR6qz" +
    "FHNM2o3NizNMpE+JSH8APDrNJxcgtCdhrfzkyXihu+IALQpfdJo2b3AbIvgY4CMFCWMwiJqywFfkn/FymX+x14DNsGZzdZ+gNsrffzyKeeWPBInpIsZn" +
    "HaF+dMJvoAlOxM8aDlEhbIs2xmQNAZA2GFFoLJuO/LKYqLZDX/KV0ApVc/ho7XP1bItDwARnsyDc7D+RvpN3Q4W59caHJawM+5e3s3C7fhU=",
};
const { binding, masterKey, kid, key } = vector;
const keyring: Keyring = { primary: 7, masterKeys: new Map([[7, await importMasterKey(new Uint8Array(masterKey))]]) };

afterEach(() => {
  vi.restoreAllMocks();
});

async function expectUnreadable(envelope: string | Uint8Array, bound: Binding = binding) {
  const sealed = typeof envelope === "string" ? envelope : Buffer.from(envelope).toString("base64");
  await expect(open(keyring, bound, sealed)).rejects.toMatchObject({ code: "envelope_unreadable", details: {} });
}

/** Expects that an envelope of the second implementation is refused, with everything about it valid but what is given. */
async function expectForgeryRefused(forgery: Partial<Parameters<typeof makeEnvelope>[0]>) {
  const plaintext = placedKey("sk-key", "eu");
  await expectUnreadable(makeEnvelope({ masterKey, kid, binding, suite: 2, within: 2, plaintext, ...forgery }));
}

async function sealed(apiKey: string, place: string | null, providerNumber = 1): Promise<Buffer> {
  const bound = { ...binding, providerNumber };
  const { envelope } = await seal(keyring, bound, { apiKey, place });
  expect(await open(keyring, bound, envelope)).toEqual({ apiKey, place });
  return Buffer.from(envelope, "base64");
}

const placedKeys = (): fc.Arbitrary<PlacedKey> =>
  fc.record({
    apiKey: fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 958 }),
    place: fc.option(fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$/)),
  });

describe("the bytes of suite 2", () => {
  test("open() reads the fixed envelope that Python made", async () => {
    expect(await open(keyring, binding, vector.envelope)).toEqual(key);
  });

  test("the second implementation makes the fixed envelope too", () => {
    const plaintext = placedKey(key.apiKey, key.place);
    expect(makeEnvelope({ ...vector, suite: 2, within: 2, plaintext })).toBe(vector.envelope);
  });

  test("seal() makes the fixed envelope when chance gives its random bytes", async () => {
    vi.spyOn(crypto, "getRandomValues").mockImplementation((array) => {
      Buffer.from((array as Uint8Array).buffer, array.byteOffset).set(Buffer.concat([vector.random, vector.nonce]));
      return array;
    });
    expect(await seal(keyring, binding, key)).toEqual({ envelope: vector.envelope, kid: 7 });
  });

  test("open() reads any envelope of the second implementation", async () => {
    const number = fc.integer({ min: 1, max: 65_535 });
    await fc.assert(
      fc.asyncProperty(number, placedKeys(), async (providerNumber, { apiKey, place }) => {
        const bound = { ...binding, providerNumber };
        const plaintext = placedKey(apiKey, place ?? "");
        const envelope = makeEnvelope({ masterKey, kid, binding: bound, suite: 2, within: 2, plaintext });
        expect(await open(keyring, bound, envelope)).toEqual({ apiKey, place });
      }),
    );
  });
});

describe("seal()", () => {
  test("and open() give back every key with every place", async () => {
    await fc.assert(fc.asyncProperty(placedKeys(), async ({ apiKey, place }) => void (await sealed(apiKey, place))));
    await sealed("k".repeat(958), "p".repeat(63));
  });

  test("takes suite 2 for a place, a longer key and a number above 255, and suite 1 for all others", async () => {
    const suites = [
      await sealed("k".repeat(254), null, 255),
      await sealed("k".repeat(255), null),
      await sealed("k", "eu"),
      await sealed("k", null, 256),
    ].map((bytes) => [bytes.readUInt8(3), bytes.length]);
    expect(suites).toEqual([
      [1, 356],
      [2, 1_124],
      [2, 1_124],
      [2, 1_124],
    ]);
  });

  test.each(["", "p".repeat(64)])("refuses the place %j", async (place) => {
    const refused = seal(keyring, binding, { apiKey: "sk-key", place });
    await expect(refused).rejects.toThrow(new RangeError("A place has 1 to 63 bytes."));
  });
});

describe("open()", () => {
  const bytes = () => Buffer.from(vector.envelope, "base64");

  test("refuses an envelope with a bit flipped: all of the header and the place, each byte of the rest", async () => {
    for (let bit = 0; bit < bytes().length * 8; bit += bit < 8 * 100 ? 1 : 9) {
      const flipped = bytes();
      flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      await expectUnreadable(flipped);
    }
  });

  test("refuses an envelope that is cut, or has anything after it", async () => {
    for (const length of [0, 3, 4, 84, 355, 356, 357, 1_123]) await expectUnreadable(bytes().subarray(0, length));
    await expectUnreadable(Buffer.concat([bytes(), Buffer.of(0)]));
  });

  test("refuses an envelope moved to another user, credential or provider, near and far", async () => {
    const other = "5e0c8f57-3f0b-4c6e-b0f7-3a1f6ad0a5d1";
    await expectUnreadable(vector.envelope, { ...binding, ownerId: other });
    await expectUnreadable(vector.envelope, { ...binding, credentialId: other });
    for (const providerNumber of [10_006, 10_007 & 255, 10_007 >> 8, 0, 65_536 + 10_007]) {
      await expectUnreadable(vector.envelope, { ...binding, providerNumber });
    }
  });

  test("refuses a key of suite 1 for a provider whose number does not fit there", async () => {
    const { envelope } = await seal(keyring, { ...binding, providerNumber: 7 }, { apiKey: "sk-key", place: null });
    await expectUnreadable(envelope, { ...binding, providerNumber: 256 + 7 });
  });

  describe("refuses what was encrypted and authenticated with the right key, but", () => {
    test("is relabelled as suite 1", () => expectForgeryRefused({ suite: 1 }));
    test("names suite 3", () => expectForgeryRefused({ suite: 3 }));
    test("was derived for suite 1", () =>
      expectForgeryRefused({ within: 1, binding: { ...binding, providerNumber: 39 } }));
    test("has the plaintext of suite 1", () => expectForgeryRefused({ plaintext: paddedKey("sk-key") }));
    test("says that its place has 64 bytes", () =>
      expectForgeryRefused({ plaintext: placedKey("sk-key", "p".repeat(64)) }));
    test("says that its place has 255 bytes", () =>
      expectForgeryRefused({ plaintext: placedKey("sk-key", "eu", { place: 255 }) }));
    test("says a length short of its place", () =>
      expectForgeryRefused({ plaintext: placedKey("sk-key", "eu", { place: 1 }) }));
    test("says that its key has no bytes", () => expectForgeryRefused({ plaintext: placedKey("", "eu") }));
    test("says that its key has 959 bytes", () =>
      expectForgeryRefused({ plaintext: placedKey("k".repeat(959), "eu") }));
    test("says that its key has 65535 bytes", () =>
      expectForgeryRefused({ plaintext: placedKey("sk-key", "eu", { key: 65_535 }) }));
    test("says a length short of its key", () =>
      expectForgeryRefused({ plaintext: placedKey("sk-key", "eu", { key: 5 }) }));
    test("ends in padding that is not zero", async () => {
      const plaintext = placedKey("sk-key", "eu");
      plaintext.writeUInt8(1, 1_023);
      await expectForgeryRefused({ plaintext });
    });
    test.each([
      ["place", placedKey("sk-key", Buffer.of(0xff))],
      ["key", placedKey(Buffer.of(0xc0, 0xaf), "eu")],
    ])("has a %s that is no UTF-8", (_, plaintext) => expectForgeryRefused({ plaintext }));
  });
});
