import { randomBytes } from "node:crypto";
import { describe, expect, test, vi } from "vitest";
import { checkSavedKey, openKey, saveKey } from "../../../functions/_shared/keys/credentials.ts";
import type { NewCredential } from "../../../functions/_shared/database/types.ts";
import { open, seal } from "../../../functions/_shared/crypto/envelope.ts";
import { ByokError } from "../../../functions/_shared/errors.ts";
import { importKeyring } from "../../../functions/_shared/crypto/keyring.ts";
import { type ProviderId, providerIds, providers } from "../../../functions/_shared/providers/index.ts";
import { unsupportedKeyReason } from "../../../functions/_shared/providers/keys.ts";
import type { Finding, Verdict } from "../../../functions/_shared/providers/types.ts";
import { credentialOf, type MockDatabase, mockDatabase } from "../../harness/database.ts";

const userId = "0b6f2c1e-8d2a-4c55-9a3e-5d1f0a7b9c31";
const checker = { actor: "user", actorId: "0b6f2c1e-8d2a-4c55-9a3e-5d1f0a7b9c31" };
const holder = { userId, teamId: null };
const otherId = "5e0c8f57-3f0b-4c6e-b0f7-3a1f6ad0a5d1";
const credentialId = "f3d0a9b4-17c6-4e0b-8f21-6c2e4d8a5b70";
const apiKey = "sk-proj-0123456789-wxyz";
const keyring = await importKeyring(JSON.stringify({ primary: 3, keys: { 3: randomBytes(32).toString("base64") } }));

function servicesOf(database: MockDatabase, verdict: Verdict = "verified", reason: Finding["reason"] = null) {
  const check = vi.fn(async (): Promise<Finding> => ({ verdict, reason }));
  return { database, keyring, check };
}

const countAttempt = async () => undefined;

/** A key as it comes from curl. */
const unsealed = (apiKey: string, place: string | null = null) => ({ apiKey, place, seal: null });

/** A place for a key of this provider: the example of its row where it needs one. */
const samplePlace = (provider: ProviderId) => {
  const { place } = providers[provider];
  return place && !place.isOptional ? place.example : null;
};

/** A user who has had too many keys checked. */
const noMoreAttempts = {
  countAttempt: async () => {
    throw new ByokError("too_many_attempts", { details: { retry_after_s: 60 } });
  },
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

describe("checkSavedKey()", () => {
  async function savedKey(owner = userId) {
    return (
      await seal(
        keyring,
        { ownerId: owner, credentialId, providerNumber: providers.openai.number },
        { apiKey, place: null },
      )
    ).envelope;
  }

  test.each<Verdict>(["verified", "unverified", "restricted", "no_credit", "rate_limited"])(
    "marks the credential as %s",
    async (verdict) => {
      const envelope = await savedKey();
      const database = mockDatabase({
        countAttempt,
        readEnvelope: async () => ({ credentialId, envelope }),
        markCredential: async (_, id, status, reason) => credentialOf({ id, status, reason: reason ?? null }),
      });
      const services = servicesOf(database, verdict, "inconclusive");
      const reason = "inconclusive";
      const credential = credentialOf({ id: credentialId, status: verdict, reason });
      expect(await checkSavedKey(services, holder, "openai")).toEqual({ credential, verdict, reason });
      expect(database.readEnvelope).toHaveBeenCalledExactlyOnceWith(userId, "openai", null);
      expect(services.check).toHaveBeenCalledExactlyOnceWith("openai", { apiKey, place: null });
      expect(database.markCredential).toHaveBeenCalledExactlyOnceWith(userId, credentialId, verdict, reason, checker);
    },
  );

  test("marks a rejected key before it tells of it", async () => {
    const envelope = await savedKey();
    const credential = credentialOf({ status: "rejected" });
    const database = mockDatabase({
      countAttempt,
      readEnvelope: async () => ({ credentialId, envelope }),
      markCredential: async () => credential,
    });
    await expect(checkSavedKey(servicesOf(database, "rejected"), holder, "openai")).rejects.toMatchObject({
      code: "api_key_rejected",
      message: "OpenAI refuses this API key.",
      details: { verdict: "rejected", credential },
    });
    expect(database.markCredential).toHaveBeenCalledWith(userId, credentialId, "rejected", null, checker);
  });

  test("tells that no key is saved", async () => {
    const services = servicesOf(mockDatabase({ readEnvelope: async () => null }));
    await expect(checkSavedKey(services, holder, "openai")).rejects.toMatchObject({
      code: "credential_not_found",
      message: "No API key is saved for this provider.",
    });
    expect(services.check).not.toHaveBeenCalled();
  });

  test.each<Verdict>(["verified", "rejected"])("tells that a key found %s was replaced meanwhile", async (verdict) => {
    const envelope = await savedKey();
    const database = mockDatabase({
      countAttempt,
      readEnvelope: async () => ({ credentialId, envelope }),
      markCredential: async () => null,
    });
    await expect(checkSavedKey(servicesOf(database, verdict), holder, "openai")).rejects.toMatchObject({
      code: "credential_not_found",
      message: "The API key was replaced or removed while it was being checked.",
    });
  });

  test.each<[string, () => Promise<string | null>]>([
    ["belongs to another user", () => savedKey(otherId)],
    ["is gone", async () => null],
    ["is damaged", async () => "AAAA"],
  ])("marks the credential locked and asks the provider nothing when the envelope %s", async (_, envelope) => {
    const sealed = await envelope();
    const credential = credentialOf({ status: "locked" });
    const database = mockDatabase({
      readEnvelope: async () => ({ credentialId, envelope: sealed }),
      markCredential: async () => credential,
    });
    const services = servicesOf(database);
    await expect(checkSavedKey(services, holder, "openai")).rejects.toMatchObject({
      code: "envelope_unreadable",
      details: { credential },
    });
    expect(database.markCredential).toHaveBeenCalledExactlyOnceWith(userId, credentialId, "locked", null, checker);
    expect(services.check).not.toHaveBeenCalled();
  });

  test("asks the provider nothing, and marks nothing, for a user who has had too many keys checked", async () => {
    const envelope = await savedKey();
    const services = servicesOf(
      mockDatabase({ ...noMoreAttempts, readEnvelope: async () => ({ credentialId, envelope }) }),
    );
    await expect(checkSavedKey(services, holder, "openai")).rejects.toMatchObject({ code: "too_many_attempts" });
    expect(services.check).not.toHaveBeenCalled();
  });
});

describe("openKey()", () => {
  test("opens the envelope of this user, provider and credential alone", async () => {
    const providerNumber = providers.groq.number;
    const { envelope } = await seal(
      keyring,
      { ownerId: userId, credentialId, providerNumber },
      { apiKey, place: null },
    );
    const unreadable = { code: "envelope_unreadable" };
    expect(await openKey(keyring, userId, "groq", credentialId, envelope)).toEqual({ apiKey, place: null });
    await expect(openKey(keyring, otherId, "groq", credentialId, envelope)).rejects.toMatchObject(unreadable);
    await expect(openKey(keyring, userId, "openai", credentialId, envelope)).rejects.toMatchObject(unreadable);
    await expect(openKey(keyring, userId, "groq", otherId, envelope)).rejects.toMatchObject(unreadable);
  });

  test.each<[ProviderId, string]>([
    ["openai", "mars"],
    ["groq", "eu"],
  ])("refuses a key of %s for %s, which is no place of this provider", async (provider, place) => {
    const providerNumber = providers[provider].number;
    const { envelope } = await seal(keyring, { ownerId: userId, credentialId, providerNumber }, { apiKey, place });
    const opened = openKey(keyring, userId, provider, credentialId, envelope);
    await expect(opened).rejects.toMatchObject({ code: "envelope_unreadable" });
  });

  test("refuses a missing envelope like any other", async () => {
    const opened = (async () => openKey(keyring, userId, "groq", credentialId, null))();
    await expect(opened).rejects.toMatchObject({ code: "envelope_unreadable" });
  });
});
