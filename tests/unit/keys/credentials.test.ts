import { describe, expect, test } from "vitest";
import { open } from "../../../functions/_shared/crypto/envelope.ts";
import type { NewCredential } from "../../../functions/_shared/database/types.ts";
import { saveKey } from "../../../functions/_shared/keys/credentials.ts";
import { type ProviderId, providerIds, providers } from "../../../functions/_shared/providers/index.ts";
import { unsupportedKeyReason } from "../../../functions/_shared/providers/keys.ts";
import type { Verdict } from "../../../functions/_shared/providers/types.ts";
import { credentialOf, type MockDatabase, mockDatabase } from "../../harness/database.ts";
import { apiKey, countAttempt, holder, keyring, noMoreAttempts, servicesOf, userId } from "./holder.ts";

/** A key as it comes from curl. */
const unsealed = (apiKey: string, place: string | null = null) => ({ apiKey, place, seal: null });

/** A place for a key of this provider: the example of its row where it needs one. */
const samplePlace = (provider: ProviderId) => {
  const { place } = providers[provider];
  return place && !place.isOptional ? place.example : null;
};

describe("saveKey()", () => {
  const savable = () =>
    mockDatabase({
      countAttempt,
      saveCredential: async ({ status, reason = null, prefix, hint }) => credentialOf({ status, reason, prefix, hint }),
    });
  const savedBy = (database: MockDatabase): NewCredential => {
    const [saved] = database.saveCredential.mock.calls[0] ?? [];
    return saved ?? expect.unreachable("nothing was saved");
  };

  test.each(providerIds)("checks a key of %s, seals it and saves it", async (provider) => {
    const database = savable();
    const services = servicesOf(database);
    const place = samplePlace(provider);
    const result = await saveKey(services, holder, provider, unsealed(apiKey, place));
    expect(result).toEqual({
      credential: credentialOf({ status: "verified", prefix: savedBy(database).prefix, hint: "wxyz" }),
      verdict: "verified",
      reason: null,
    });
    expect(services.check).toHaveBeenCalledExactlyOnceWith(provider, { apiKey, place });
    const saved = savedBy(database);
    expect(saved).toMatchObject({ userId, provider, hint: "wxyz", status: "verified", kid: 3 });
    const binding = { ownerId: userId, credentialId: saved.credentialId, providerNumber: providers[provider].number };
    expect(await open(keyring, binding, saved.envelope)).toEqual({ apiKey, place });
  });

  test("gives every credential an id of its own, even for the same key", async () => {
    const ids = new Set<string>();
    for (let time = 0; time < 3; time++) {
      const database = savable();
      await saveKey(servicesOf(database), holder, "openai", unsealed(apiKey));
      ids.add(savedBy(database).credentialId);
    }
    expect(ids.size).toBe(3);
  });

  test("never lets the key itself near the database or into the answer", async () => {
    const database = savable();
    const result = await saveKey(servicesOf(database), holder, "openai", unsealed(apiKey));
    const seen = JSON.stringify([result, savedBy(database)]);
    for (const part of [apiKey, apiKey.slice(0, -4), btoa(apiKey)]) expect(seen).not.toContain(part);
  });

  test("takes off what sticks to a pasted key", async () => {
    const services = servicesOf(savable());
    await saveKey(services, holder, "openai", unsealed(` export OPENAI_API_KEY="Bearer \u200b${apiKey}";\n `));
    expect(services.check).toHaveBeenCalledWith("openai", { apiKey, place: null });
  });

  test.each<Verdict>(["unverified", "restricted", "no_credit", "rate_limited"])(
    "saves a key that is %s and says so",
    async (verdict) => {
      const database = savable();
      expect(await saveKey(servicesOf(database, verdict), holder, "openai", unsealed(apiKey))).toMatchObject({
        verdict,
        credential: { status: verdict },
      });
    },
  );

  test("saves why, beside the verdict", async () => {
    const database = savable();
    const found = { verdict: "restricted", reason: "website_only" } as const;
    const saved = await saveKey(servicesOf(database, found.verdict, found.reason), holder, "google", unsealed(apiKey));
    expect(saved).toMatchObject({ ...found, credential: { status: "restricted", reason: "website_only" } });
    expect(savedBy(database)).toMatchObject({ status: "restricted", reason: "website_only" });
  });

  test("says in one sentence why the provider rejects a key, where it says so itself", async () => {
    const services = servicesOf(mockDatabase({ countAttempt }), "rejected", "account_disabled");
    await expect(saveKey(services, holder, "openai", unsealed(apiKey))).rejects.toMatchObject({
      code: "api_key_rejected",
      message: expect.stringMatching(/^OpenAI has closed the account behind this key: .+\.$/),
      details: { verdict: "rejected", reason: "account_disabled" },
    });
  });

  test("refuses a key that the provider rejects, and leaves the one before it alone", async () => {
    const database = mockDatabase({ countAttempt });
    await expect(saveKey(servicesOf(database, "rejected"), holder, "openai", unsealed(apiKey))).rejects.toMatchObject({
      code: "api_key_rejected",
      status: 422,
      message: "OpenAI refuses this API key.",
      details: { verdict: "rejected" },
    });
    expect(database.saveCredential).not.toHaveBeenCalled();
  });

  test("asks the provider nothing, and saves nothing, for a user who has had too many keys checked", async () => {
    const services = servicesOf(mockDatabase(noMoreAttempts));
    await expect(saveKey(services, holder, "openai", unsealed(apiKey))).rejects.toMatchObject({
      code: "too_many_attempts",
      details: { retry_after_s: 60 },
    });
    expect(services.check).not.toHaveBeenCalled();
  });

  test.each<Verdict>(["verified", "rejected", "unverified"])(
    "counts the check of a key that is %s once",
    async (verdict) => {
      const database = savable();
      await saveKey(servicesOf(database, verdict), holder, "openai", unsealed(apiKey)).catch(() => undefined);
      expect(database.countAttempt).toHaveBeenCalledExactlyOnceWith(userId, null, null);
    },
  );

  test.each([
    ["   ", "Paste an API key: there is none."],
    ["sk key", "There is a space within this key: copy the key alone."],
    ["sk-é", "There is a character in this that no API key has: copy the key again."],
    ["k".repeat(959), "An API key has at most 958 characters, and this has more: copy the key alone."],
  ])("refuses %j, which can be no key, before it is sent anywhere", async (pasted, message) => {
    const services = servicesOf(mockDatabase());
    await expect(saveKey(services, holder, "openai", unsealed(pasted))).rejects.toMatchObject({
      code: "invalid_request",
      message,
      details: { field: "api_key" },
    });
    expect(services.check).not.toHaveBeenCalled();
  });

  test("takes keys of 1 and of 958 characters", async () => {
    for (const key of ["k", "k".repeat(958)]) {
      await expect(saveKey(servicesOf(savable()), holder, "openai", unsealed(key))).resolves.toMatchObject({
        verdict: "verified",
      });
    }
  });

  test.each<[ProviderId, string]>([
    ["openai", "sk-admin-abc"],
    ["anthropic", "sk-ant-admin01-abc"],
    ["anthropic", "sk-ant-oat01-abc"],
  ])("refuses for %s the key %s of a kind that never works, with the reason", async (provider, key) => {
    const services = servicesOf(mockDatabase());
    await expect(saveKey(services, holder, provider, unsealed(key))).rejects.toMatchObject({
      code: "invalid_request",
      message: unsupportedKeyReason(providers[provider], key),
      details: { field: "api_key", reason: "wrong_kind" },
    });
    expect(services.check).not.toHaveBeenCalled();
  });

  test("shows no characters of a key so short that four give much away", async () => {
    const database = savable();
    await saveKey(servicesOf(database), holder, "openai", unsealed("k".repeat(15)));
    expect(savedBy(database).hint).toBe("");
    const longer = savable();
    await saveKey(servicesOf(longer), holder, "openai", unsealed(`${"k".repeat(12)}wxyz`));
    expect(savedBy(longer).hint).toBe("wxyz");
  });

  test("keeps the public prefix of a key's kind, and never a character more", async () => {
    const prefixOf = async (provider: ProviderId, apiKey: string) => {
      const database = savable();
      await saveKey(servicesOf(database), holder, provider, unsealed(apiKey));
      return savedBy(database).prefix;
    };
    const secret = "Ab3".repeat(12);
    expect(await prefixOf("openai", `sk-proj-${secret}`)).toBe("sk-proj-");
    expect(await prefixOf("openai", `sk-${secret}`)).toBe("sk-");
    expect(await prefixOf("openai", secret)).toBe("");
    expect(await prefixOf("openai", "sk-proj-12345678901"), "too short to show so much").toBe("sk-");
    for (const provider of providerIds) {
      const { prefixes, newest = "" } = providers[provider].keys;
      for (const known of [...prefixes, newest]) {
        const prefix = await prefixOf(provider, `${known}${secret}`);
        expect([...prefixes, newest, ""]).toContain(prefix);
      }
    }
  });
});
