/** A database that remembers what it was asked and answers what the test says. */
import { type Mock, vi } from "vitest";
import type { Credential, Database } from "../../functions/_shared/database/types.ts";

export type MockDatabase = { [Method in keyof Database]: Mock<Database[Method]> };

/** Methods that a test does not define fail it when they are called. */
export function mockDatabase(methods: Partial<Database> = {}): MockDatabase {
  const unexpected = (name: keyof Database) => async () => {
    throw new Error(`${name} was not expected`);
  };
  const method = <Name extends keyof Database>(name: Name) =>
    vi.fn<Database[Name]>((methods[name] ?? unexpected(name)) as Database[Name]);
  return {
    isClientAccepted: method("isClientAccepted"),
    requireClaims: method("requireClaims"),
    saveCredential: method("saveCredential"),
    readEnvelope: method("readEnvelope"),
    markCredential: method("markCredential"),
    noteRefusal: method("noteRefusal"),
    openCall: method("openCall"),
    listPrices: method("listPrices"),
    placeHold: method("placeHold"),
    chargeHold: method("chargeHold"),
    voidHold: method("voidHold"),
    refundCharge: method("refundCharge"),
    countAttempt: method("countAttempt"),
    countEnvelopes: method("countEnvelopes"),
    listEnvelopes: method("listEnvelopes"),
    replaceEnvelopes: method("replaceEnvelopes"),
    takeDueCredentials: method("takeDueCredentials"),
  };
}

export function credentialOf(changes: Partial<Credential> = {}): Credential {
  return {
    id: "f3d0a9b4-17c6-4e0b-8f21-6c2e4d8a5b70",
    provider: "openai",
    prefix: "sk-proj-",
    hint: "wxyz",
    status: "verified",
    reason: null,
    is_paused: false,
    last_used_on: null,
    verified_at: "2026-11-23T09:00:00Z",
    created_at: "2026-11-23T09:00:00Z",
    updated_at: "2026-11-23T09:00:00Z",
    ...changes,
  };
}
