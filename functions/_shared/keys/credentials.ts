/**
 * Saving and checking a user's API key: the envelope, the provider and the database together. Every question to a provider
 * counts as an attempt before it is asked, whatever its answer: both answers tell a thief something.
 */
import type { Credential } from "../database/types.ts";
import { seal } from "../crypto/envelope.ts";
import { maxApiKey_bytes } from "../crypto/frames.ts";
import { ByokError } from "../errors.ts";
import { type ProviderId, providers } from "../providers/index.ts";
import { readPastedKey } from "../../../catalogue/pasted-keys.ts";
import { pastedProblems } from "../../../catalogue/pasted-problems.ts";
import { reasons } from "../../../catalogue/reasons.ts";
import { unsupportedKeyReason } from "../providers/keys.ts";
import type { Finding, PlacedKey, Provider } from "../providers/types.ts";
import type { Checks } from "./checks.ts";
import type { Services } from "../services.ts";
import { type KeyHolder, nullIfUnreadable, openKey } from "./opening.ts";
import type { ReceivedKey } from "./unsealing.ts";

export type KeyServices = Pick<Services, "database" | "keyring"> & Pick<Checks, "check">;

export interface CheckedCredential extends Finding {
  readonly credential: Credential;
}

/**
 * Checks an API key, seals it with its place, and replaces the credential for this provider.
 *
 * @throws ByokError `not_a_member`, `admins_only`; `invalid_request` for a key that can be none, or of a kind that never works; `api_key_rejected` when the
 * provider refuses it; `too_many_attempts`; `sealed_key_refused` for a sealed key that came before. In each case the credential
 * before it stays as it is.
 */
export async function saveKey(
  services: KeyServices,
  holder: KeyHolder,
  provider: ProviderId,
  received: ReceivedKey,
): Promise<CheckedCredential> {
  const apiKey = requireKey(received.apiKey);
  const wrongKind = unsupportedKeyReason(providers[provider], apiKey);
  if (wrongKind) {
    throw new ByokError("invalid_request", {
      message: wrongKind,
      details: { field: "api_key", reason: "wrong_kind" },
    });
  }
  await services.database.countAttempt(holder.userId, received.seal, holder.teamId);
  return await keepKey(services, holder, provider, { apiKey, place: received.place });
}

/** Checks a key, seals it and puts it in the place of the one before, unless the provider refuses it. */
export async function keepKey(
  services: KeyServices,
  { userId, teamId }: KeyHolder,
  provider: ProviderId,
  key: PlacedKey,
): Promise<CheckedCredential> {
  const found = await services.check(provider, key);
  if (found.verdict === "rejected") throw rejected(provider, found);
  const credentialId = crypto.randomUUID();
  const sealed = await seal(
    services.keyring,
    { ownerId: teamId ?? userId, credentialId, providerNumber: providers[provider].number },
    key,
  );
  const credential = await services.database.saveCredential({
    userId,
    teamId,
    credentialId,
    provider,
    prefix: publicPrefixOf(providers[provider].keys, key.apiKey),
    hint: hintOf(key.apiKey),
    status: found.verdict,
    reason: found.reason,
    ...sealed,
  });
  return { credential, ...found };
}

/** @throws ByokError `invalid_request`, which says what the text is, and never repeats it */
function requireKey(pasted: string): string {
  const read = readPastedKey(pasted);
  const refusal = (message: string) => new ByokError("invalid_request", { message, details: { field: "api_key" } });
  if ("problem" in read) throw refusal(pastedProblems[read.problem]);
  if (read.apiKey.length <= maxApiKey_bytes) return read.apiKey;
  throw refusal(`An API key has at most ${maxApiKey_bytes} characters, and this has more: copy the key alone.`);
}

/**
 * Checks the saved API key and marks its credential, if it is still the same one by then.
 *
 * @throws ByokError `not_a_member`, `admins_only`, `credential_not_found`, `too_many_attempts`; `envelope_unreadable` when the key cannot be opened and
 * `api_key_rejected` when the provider refuses it, which are marked too
 */
export async function checkSavedKey(
  services: KeyServices,
  { userId, teamId, isBackend = false }: KeyHolder,
  provider: ProviderId,
): Promise<CheckedCredential> {
  const saved = await services.database.readEnvelope(userId, provider, teamId);
  if (!saved) throw new ByokError("credential_not_found");
  const ownerId = teamId ?? userId;
  const { credentialId, envelope } = saved;
  const key = await openKey(services.keyring, ownerId, provider, credentialId, envelope).catch(nullIfUnreadable);
  if (key !== null && !isBackend) await services.database.countAttempt(userId, null, teamId);
  const found = key === null ? null : await services.check(provider, key);
  const credential = await services.database.markCredential(
    ownerId,
    credentialId,
    found?.verdict ?? "locked",
    found?.reason ?? null,
    isBackend ? { actor: "operator" } : { actor: "user", actorId: userId },
  );
  if (!credential) {
    throw new ByokError("credential_not_found", {
      message: "The API key was replaced or removed while it was being checked.",
    });
  }
  if (!found) throw new ByokError("envelope_unreadable", { details: { credential } });
  if (found.verdict === "rejected") throw rejected(provider, found, credential);
  return { credential, ...found };
}

/** The longest beginning that the catalogue knows of this provider's keys: a constant of its row, and never more of the key. */
function publicPrefixOf({ prefixes, newest, retired }: Provider["keys"], apiKey: string): string {
  const known = [...prefixes, newest ?? "", retired?.prefix ?? ""].sort((a, b) => b.length - a.length);
  return (
    known.find((prefix) => apiKey.length >= prefix.length + minHidden_characters && apiKey.startsWith(prefix)) ?? ""
  );
}

/** Fewest characters of a key that stay unseen between its prefix and its last four. */
const minHidden_characters = 12;

/** The last four characters, of a key long enough that they give nothing away. */
function hintOf(apiKey: string): string {
  return apiKey.length >= 16 ? apiKey.slice(-4) : "";
}

function rejected(provider: ProviderId, { verdict, reason }: Finding, credential?: Credential): ByokError {
  const { name } = providers[provider];
  return new ByokError("api_key_rejected", {
    message: reason ? reasons[reason].sentence.replaceAll("{name}", name) : `${name} refuses this API key.`,
    details: { verdict, ...(reason ? { reason } : {}), ...(credential ? { credential } : {}) },
  });
}
