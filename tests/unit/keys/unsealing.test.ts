import { randomBytes } from "node:crypto";
import { afterEach, describe, expect, test, vi } from "vitest";
import { importKeyring } from "../../../functions/_shared/crypto/keyring.ts";
import { sealApiKey, type SealedApiKey } from "../../../protocol/sealed-key.ts";
import { sealingKey, unseal } from "../../../functions/_shared/keys/unsealing.ts";

const purpose = { userId: "0b6f2c1e-8d2a-4c55-9a3e-5d1f0a7b9c31", provider: "openai", place: null };
const apiKey = "sk-proj-0123456789-wxyz";
const refused = expect.objectContaining({ code: "sealed_key_refused" });

const random = () => randomBytes(32).toString("base64");
const keys = { 1: random(), 2: random() };
const keyring = await importKeyring(JSON.stringify({ primary: 2, keys }));

async function sealed(): Promise<SealedApiKey> {
  return await sealApiKey(await sealingKey(keyring), purpose, apiKey);
}

/** As time has it from now on. */
function setClock(later_ms: number): void {
  vi.setSystemTime(Date.now() + later_ms);
}

afterEach(() => {
  vi.useRealTimers();
});

describe("a public key", () => {
  test("is of the primary key, and the same in every isolate", async () => {
    const again = await importKeyring(JSON.stringify({ primary: 2, keys }));
    const [first, second] = [await sealingKey(keyring), await sealingKey(again)];
    expect(first).toEqual({
      kid: 2,
      public_key: expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/),
      issued_at_ms: expect.any(Number),
    });
    expect(second.public_key).toBe(first.public_key);
  });

  test("rotates with the ring", async () => {
    const other = await importKeyring(JSON.stringify({ primary: 1, keys }));
    expect((await sealingKey(other)).public_key).not.toBe((await sealingKey(keyring)).public_key);
  });
});

describe("a sealed key", () => {
  test("opens for its user and provider, as long as its master key is in the ring", async () => {
    const key = await sealed();
    expect(await unseal(keyring, purpose, key)).toEqual({ apiKey, seal: key.enc });
    const rotated = await importKeyring(JSON.stringify({ primary: 1, keys }));
    expect(await unseal(rotated, purpose, key)).toEqual({ apiKey, seal: key.enc });
    const retired = await importKeyring(JSON.stringify({ primary: 1, keys: { 1: keys[1] } }));
    await expect(unseal(retired, purpose, key)).rejects.toEqual(refused);
  });

  test.each(["k".repeat(1), "k".repeat(255), "k".repeat(256), "k".repeat(2000), "ключ"])(
    "holds a key of any length: %#",
    async (text) => {
      const key = await sealApiKey(await sealingKey(keyring), purpose, text);
      expect((await unseal(keyring, purpose, key)).apiKey).toBe(text);
    },
  );

  test("does not tell how long the key is", async () => {
    const lengths = new Set<number>();
    for (const text of ["k".repeat(20), "k".repeat(200)]) {
      lengths.add((await sealApiKey(await sealingKey(keyring), purpose, text)).ciphertext.length);
    }
    expect(lengths.size).toBe(1);
  });

  test("does not open for another user, provider or place", async () => {
    const key = await sealed();
    const otherUser = { ...purpose, userId: "5e0c8f57-3f0b-4c6e-b0f7-3a1f6ad0a5d1" };
    await expect(unseal(keyring, otherUser, key)).rejects.toEqual(refused);
    await expect(unseal(keyring, { ...purpose, provider: "groq" }, key)).rejects.toEqual(refused);
    await expect(unseal(keyring, { ...purpose, place: "eu" }, key)).rejects.toEqual(refused);
  });

  test("opens for five minutes, by the time that the functions gave", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const key = await sealed();
    setClock(5 * 60_000);
    await expect(unseal(keyring, purpose, key)).resolves.toMatchObject({ apiKey });
    setClock(1);
    await expect(unseal(keyring, purpose, key)).rejects.toEqual(refused);
    await expect(unseal(keyring, purpose, { ...key, issued_at_ms: Date.now() })).rejects.toEqual(refused);
  });

  test("opens where the clock is a minute behind, and no more than that", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const key = await sealed();
    setClock(-60_000);
    await expect(unseal(keyring, purpose, key)).resolves.toMatchObject({ apiKey });
    setClock(-1);
    await expect(unseal(keyring, purpose, key)).rejects.toEqual(refused);
  });

  test("has one seal, however its base64 is spelled", async () => {
    const key = await sealed();
    // The last character before the padding holds two bits of no meaning.
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const respelled = key.enc.replace(/.=$/, (end) => `${alphabet[alphabet.indexOf(end[0]!) ^ 1]}=`);
    expect(respelled).not.toBe(key.enc);
    expect((await unseal(keyring, purpose, { ...key, enc: respelled })).seal).toBe(key.enc);
  });

  test.each<[string, Partial<SealedApiKey>]>([
    ["an unknown kid", { kid: 7 }],
    ["another kid", { kid: 1 }],
    ["no ciphertext", { ciphertext: "AAAA" }],
    ["no base64", { ciphertext: "A" }],
    ["a short public key", { enc: "AAAA" }],
  ])("with %s is refused, and says nothing more", async (_, part) => {
    await expect(unseal(keyring, purpose, { ...(await sealed()), ...part })).rejects.toEqual(refused);
  });
});
