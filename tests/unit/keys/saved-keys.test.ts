import { describe, expect, test } from "vitest";
import { seal } from "../../../functions/_shared/crypto/envelope.ts";
import { checkSavedKey } from "../../../functions/_shared/keys/credentials.ts";
import { openKey } from "../../../functions/_shared/keys/opening.ts";
import { type ProviderId, providers } from "../../../functions/_shared/providers/index.ts";
import type { Verdict } from "../../../functions/_shared/providers/types.ts";
import { credentialOf, mockDatabase } from "../../harness/database.ts";
import { apiKey, countAttempt, holder, keyring, noMoreAttempts, servicesOf, userId } from "./holder.ts";

const checker = { actor: "user", actorId: userId };
const otherId = "5e0c8f57-3f0b-4c6e-b0f7-3a1f6ad0a5d1";
const credentialId = "f3d0a9b4-17c6-4e0b-8f21-6c2e4d8a5b70";

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
