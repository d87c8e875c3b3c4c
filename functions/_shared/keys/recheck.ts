/**
 * Checks saved API keys on a schedule, so that a key that nobody uses does not show as working for long after it has died. It only
 * lists models, which is free for the key's owner, and counts for nobody's attempts.
 */
import type { DueCredential } from "../database/types.ts";
import { isProviderId } from "../providers/called.ts";
import type { Finding } from "../providers/types.ts";
import type { Checks } from "./checks.ts";
import type { Services } from "../services.ts";
import { nullIfUnreadable, openKey } from "./opening.ts";

/** Keys that are checked at the same time: a check may wait for its provider for 10 s. */
const atOnce = 10;

type RecheckServices = Pick<Services, "database" | "keyring"> &
  Pick<Checks, "check"> & {
    readonly env: Pick<Services["env"], "offered">;
  };

export interface Recheck {
  /** Only keys whose status was last set longer ago, in hours. */
  readonly olderThan_hours: number;
  /** At most so many. */
  readonly limit: number;
}

export interface RecheckResult {
  readonly checked: number;
  /** Keys whose status or reason is another than before. */
  readonly changed: number;
}

/** Checks the keys that were checked longest ago. Those of providers that are not offered wait for the next period. */
export async function recheckDue(
  services: RecheckServices,
  { olderThan_hours, limit }: Recheck,
): Promise<RecheckResult> {
  const due = [...(await services.database.takeDueCredentials(olderThan_hours, limit))];
  let checked = 0;
  let changed = 0;
  while (due.length > 0) {
    const marked = await Promise.all(due.splice(0, atOnce).map((credential) => recheck(services, credential)));
    checked += marked.length;
    changed += marked.filter((isChanged) => isChanged).length;
  }
  return { checked, changed };
}

/** Resolves with whether the credential says something else now. */
async function recheck(services: RecheckServices, due: DueCredential): Promise<boolean> {
  const { ownerId, credentialId, status, reason } = due;
  const found = await findOut(services, due);
  if (!found) return false;
  const marked = await services.database.markCredential(ownerId, credentialId, found.status, found.reason, {
    actor: "schedule",
  });
  return marked !== null && (marked.status !== status || marked.reason !== reason);
}

type Known = Pick<DueCredential, "status" | "reason">;

/** Null where the check told nothing. */
async function findOut({ env, keyring, check }: RecheckServices, due: DueCredential): Promise<Known | null> {
  const { ownerId, credentialId, provider, envelope } = due;
  if (!isProviderId(provider) || !env.offered.includes(provider)) return null;
  const key = await openKey(keyring, ownerId, provider, credentialId, envelope).catch(nullIfUnreadable);
  if (key === null) return { status: "locked", reason: null };
  return afterListing(due, await check(provider, key, { oneToken: false }));
}

/** Verdicts that a list of models cannot tell from `verified`. */
const beyondListing: readonly string[] = ["no_credit", "restricted", "rate_limited"];

/** The status after a check that only listed; null if it stays as it was found out before, since a list cannot tell. */
export function afterListing(known: Known, { verdict, reason }: Finding): Known | null {
  if (verdict === "unverified" || verdict === "rate_limited") return null;
  if (verdict === "verified" && beyondListing.includes(known.status)) return null;
  return { status: verdict, reason };
}
