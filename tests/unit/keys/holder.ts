/** A user who holds a key, and the services that save and check it. */
import { randomBytes } from "node:crypto";
import { vi } from "vitest";
import { importKeyring } from "../../../functions/_shared/crypto/keyring.ts";
import { ByokError } from "../../../functions/_shared/errors.ts";
import type { Finding, Verdict } from "../../../functions/_shared/providers/types.ts";
import type { MockDatabase } from "../../harness/database.ts";

export const userId = "0b6f2c1e-8d2a-4c55-9a3e-5d1f0a7b9c31";
export const holder = { userId, teamId: null };
export const apiKey = "sk-proj-0123456789-wxyz";
export const keyring = await importKeyring(
  JSON.stringify({ primary: 3, keys: { 3: randomBytes(32).toString("base64") } }),
);

export function servicesOf(database: MockDatabase, verdict: Verdict = "verified", reason: Finding["reason"] = null) {
  const check = vi.fn(async (): Promise<Finding> => ({ verdict, reason }));
  return { database, keyring, check };
}

export const countAttempt = async () => undefined;

/** A user who has had too many keys checked. */
export const noMoreAttempts = {
  countAttempt: async () => {
    throw new ByokError("too_many_attempts", { details: { retry_after_s: 60 } });
  },
};
