/** Saving a key that the provider makes, for a user who agreed there. */
import type { AuthorizationGrant } from "../providers/connection.ts";
import type { ProviderId } from "../providers/called.ts";
import type { Checks } from "./checks.ts";
import { type CheckedCredential, keepKey, type KeyServices } from "./credentials.ts";
import type { KeyHolder } from "./opening.ts";

/**
 * Has the provider make an API key for a user who agreed there, and keeps it as if it had been pasted. It passes through no browser.
 *
 * @throws ByokError `not_a_member`, `admins_only`; `code_refused`, `provider_unreachable`, `provider_misbehaved`; `too_many_attempts`, before the provider is asked;
 * `api_key_rejected`
 */
export async function connectKey(
  services: KeyServices & Pick<Checks, "exchange">,
  holder: KeyHolder,
  provider: ProviderId,
  grant: AuthorizationGrant,
): Promise<CheckedCredential> {
  await services.database.countAttempt(holder.userId, null, holder.teamId);
  const apiKey = await services.exchange(provider, grant);
  return await keepKey(services, holder, provider, { apiKey, place: null });
}
