import { createHmac, hkdfSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { userHashUnder } from "../../../functions/_shared/crypto/user-hash.ts";

const secretKey = "sb_secret_example";
const ada = "0b6f2c1e-8d2a-4c55-9a3e-5d1f0a7b9c31";
const bob = "5e0c8f57-3f0b-4c6e-b0f7-3a1f6ad0a5d1";

describe("userHashUnder()", () => {
  test("makes an HMAC under a key derived from the secret key, as Node does", async () => {
    const key = hkdfSync("sha256", secretKey, "", "byok user hash 1", 32);
    const expected = createHmac("sha256", Buffer.from(key)).update(ada).digest("hex");
    expect(await userHashUnder(secretKey)(ada)).toBe(expected);
  });

  test("gives a user the same name in every isolate, and no two users the same", async () => {
    const [one, another] = [userHashUnder(secretKey), userHashUnder(secretKey)];
    expect(await one(ada)).toBe(await another(ada));
    expect(await one(ada)).not.toBe(await one(bob));
  });

  test("depends on the secret, so that nobody who knows a user's id knows the name", async () => {
    expect(await userHashUnder("sb_secret_other")(ada)).not.toBe(await userHashUnder(secretKey)(ada));
  });

  test("fits into every provider's field: 64 digits", async () => {
    expect(await userHashUnder(secretKey)(ada)).toMatch(/^[0-9a-f]{64}$/);
  });
});
