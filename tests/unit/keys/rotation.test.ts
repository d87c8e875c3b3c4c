import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { ListedEnvelope } from "../../../functions/_shared/database/types.ts";
import { open, seal } from "../../../functions/_shared/crypto/envelope.ts";
import { importKeyring } from "../../../functions/_shared/crypto/keyring.ts";
import { type ProviderId, providerIds, providers } from "../../../functions/_shared/providers/index.ts";
import { type Batch, rewrapBatch, countByKid } from "../../../functions/_shared/keys/rotation.ts";
import { mockDatabase } from "../../harness/database.ts";

const masterKeys = [1, 2, 3, 4].map(() => randomBytes(32).toString("base64"));

/** A key ring with the master keys of these kids; the same kid is the same key in each. */
function keyringOf(primary: number, ...kids: number[]) {
  const keys = Object.fromEntries([primary, ...kids].map((kid) => [kid, masterKeys[kid - 1]]));
  return importKeyring(JSON.stringify({ primary, keys }));
}

const bindingOf = (ownerId: string, credentialId: string, provider: ProviderId) => ({
  ownerId,
  credentialId,
  providerNumber: providers[provider].number,
});

const placeOf = (provider: ProviderId) => providers[provider].place?.example ?? null;

async function listed(
  kid: number,
  provider: ProviderId = "openai",
  apiKey = "sk-key",
  place: string | null = null,
): Promise<ListedEnvelope> {
  const [ownerId, credentialId] = [crypto.randomUUID(), crypto.randomUUID()];
  const { envelope } = await seal(await keyringOf(kid), bindingOf(ownerId, credentialId, provider), {
    apiKey,
    place,
  });
  return { ownerId, credentialId, provider, envelope };
}

/** A database with these envelopes, all of which it replaces. */
const databaseWith = (...envelopes: ListedEnvelope[]) =>
  mockDatabase({
    listEnvelopes: async () => envelopes,
    replaceEnvelopes: async (replacements) => replacements.map(({ credentialId }) => credentialId),
  });

const batchOf = (changes: Partial<Batch> = {}): Batch => {
  return { kid: 1, primary: 2, after: null, limit: 100, isDryRun: false, ...changes };
};

describe("countByKid()", () => {
  test("tells the kids of the key ring and those of envelopes, in order, and which is primary", async () => {
    const counts = [
      { kid: 1, envelopes: 5 },
      { kid: 4, envelopes: 7 },
    ];
    const database = mockDatabase({ countEnvelopes: async () => counts });
    expect(await countByKid({ database, keyring: await keyringOf(3, 2, 1) })).toEqual({
      primary: 3,
      kids: [
        { kid: 1, in_ring: true, envelopes: 5 },
        { kid: 2, in_ring: true, envelopes: 0 },
        { kid: 3, in_ring: true, envelopes: 0 },
        { kid: 4, in_ring: false, envelopes: 7 },
      ],
    });
  });
});

describe("rewrapBatch()", () => {
  const oneEach = { rewrapped: 1, left_alone: 0, unknown: [] };

  test("re-encrypts every envelope under the primary key, for the same user, credential, provider and place", async () => {
    const envelopes = await Promise.all(
      providerIds.map((provider) => listed(1, provider, `key of ${provider}`, placeOf(provider))),
    );
    const limit = envelopes.length;
    const database = databaseWith(...envelopes);
    const result = await rewrapBatch({ database, keyring: await keyringOf(2, 1) }, batchOf({ after: "id", limit }));
    const next = envelopes.at(-1)?.credentialId;
    expect(result).toEqual({ rewrapped: limit, left_alone: 0, unreadable: [], unknown: [], next });
    expect(database.listEnvelopes).toHaveBeenCalledExactlyOnceWith(1, "id", limit);
    const [replacements] = database.replaceEnvelopes.mock.calls[0]!;
    const withoutOld = await keyringOf(2);
    for (const [index, { sealed, ...before }] of replacements.entries()) {
      expect(before).toEqual(envelopes[index]);
      expect(sealed?.kid).toBe(2);
      const provider = before.provider as ProviderId;
      const binding = bindingOf(before.ownerId, before.credentialId, provider);
      expect(await open(withoutOld, binding, sealed!.envelope)).toEqual({
        apiKey: `key of ${provider}`,
        place: placeOf(provider),
      });
    }
  });

  test("tells how many were left alone, having been saved or removed meanwhile", async () => {
    const envelopes = [await listed(1), await listed(1)];
    const database = mockDatabase({
      listEnvelopes: async () => envelopes,
      replaceEnvelopes: async () => [envelopes[0]!.credentialId],
    });
    const result = await rewrapBatch({ database, keyring: await keyringOf(2, 1) }, batchOf());
    expect(result).toMatchObject({ rewrapped: 1, left_alone: 1, unreadable: [] });
  });

  test("names what does not open by its credential alone, locks it, and goes on with the others", async () => {
    const [first, good] = [await listed(1), await listed(1)];
    const tampered = { ...first, envelope: good.envelope };
    const database = databaseWith(tampered, good);
    const result = await rewrapBatch({ database, keyring: await keyringOf(2, 1) }, batchOf());
    const unreadable = [tampered.credentialId];
    expect(result).toEqual({ rewrapped: 1, left_alone: 0, unreadable, unknown: [], next: good.credentialId });
    const [replacements] = database.replaceEnvelopes.mock.calls[0]!;
    expect(replacements.map(({ sealed }) => sealed?.kid ?? null)).toEqual([null, 2]);
  });

  test.each([false, true])(
    "leaves a key as it is whose provider it does not have, and names it: dry run %s",
    async (isDryRun) => {
      const [strange, good] = [{ ...(await listed(1)), provider: "constructor" }, await listed(1)];
      const database = databaseWith(good, strange);
      const result = await rewrapBatch({ database, keyring: await keyringOf(2, 1) }, batchOf({ isDryRun }));
      const unknown = [{ credential_id: strange.credentialId, provider: "constructor" }];
      expect(result).toEqual({ rewrapped: 1, left_alone: 0, unreadable: [], unknown, next: strange.credentialId });
      const replaced = database.replaceEnvelopes.mock.calls.flatMap(([replacements]) => replacements);
      expect(replaced.map(({ credentialId }) => credentialId)).toEqual(isDryRun ? [] : [good.credentialId]);
    },
  );

  test("re-encrypts a key whose place its provider has no more", async () => {
    const envelope = await listed(1, "openai", "sk-key", "atlantis");
    const database = databaseWith(envelope);
    const result = await rewrapBatch({ database, keyring: await keyringOf(2, 1) }, batchOf());
    expect(result).toMatchObject({ rewrapped: 1, unreadable: [] });
    const [[{ sealed }]] = database.replaceEnvelopes.mock.calls[0]! as any;
    const binding = bindingOf(envelope.ownerId, envelope.credentialId, "openai");
    expect(await open(await keyringOf(2), binding, sealed.envelope)).toEqual({ apiKey: "sk-key", place: "atlantis" });
  });

  test("locks everything under a kid that is gone, newer ones too", async () => {
    for (const kid of [1, 3]) {
      const envelope = await listed(kid);
      const result = await rewrapBatch(
        { database: databaseWith(envelope), keyring: await keyringOf(2) },
        batchOf({ kid }),
      );
      expect(result).toMatchObject({ rewrapped: 0, unreadable: [envelope.credentialId] });
    }
  });

  test("changes nothing in a dry run, and tells what it would", async () => {
    const [good, bad] = [await listed(1), { ...(await listed(1)), envelope: "AAAA" }];
    const database = mockDatabase({ listEnvelopes: async () => [good, bad] });
    const result = await rewrapBatch({ database, keyring: await keyringOf(2, 1) }, batchOf({ isDryRun: true }));
    expect(result).toEqual({ ...oneEach, unreadable: [bad.credentialId], next: bad.credentialId });
  });

  test("has no next batch after an empty one", async () => {
    const result = await rewrapBatch({ database: databaseWith(), keyring: await keyringOf(2, 1) }, batchOf());
    expect(result).toEqual({ rewrapped: 0, left_alone: 0, unreadable: [], unknown: [], next: null });
  });

  test("does nothing where the primary key is another than the caller believes", async () => {
    const services = { database: mockDatabase(), keyring: await keyringOf(1, 2) };
    await expect(rewrapBatch(services, batchOf())).rejects.toMatchObject({
      code: "keyring_changed",
      status: 409,
      details: { primary: 1 },
    });
  });

  test.each([2, 3])("does not bring key %d back to the primary key 2", async (kid) => {
    const services = { database: mockDatabase(), keyring: await keyringOf(2, 1, 3) };
    await expect(rewrapBatch(services, batchOf({ kid }))).rejects.toMatchObject({
      code: "invalid_request",
      details: { field: "kid" },
    });
  });

  test("opens what is under the primary key in a dry run", async () => {
    const [good, bad] = [await listed(2), { ...(await listed(2)), envelope: "AAAA" }];
    const database = mockDatabase({ listEnvelopes: async () => [good, bad] });
    const batch = batchOf({ kid: 2, isDryRun: true });
    const result = await rewrapBatch({ database, keyring: await keyringOf(2, 1) }, batch);
    expect(result).toEqual({ ...oneEach, unreadable: [bad.credentialId], next: bad.credentialId });
  });

  test("lets what is no unreadable envelope end the batch", async () => {
    const failure = new Error("a fault of the function");
    const database = mockDatabase({
      listEnvelopes: async () => {
        throw failure;
      },
    });
    await expect(rewrapBatch({ database, keyring: await keyringOf(2, 1) }, batchOf())).rejects.toBe(failure);
  });
});
