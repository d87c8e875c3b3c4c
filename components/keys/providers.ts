/** The page's view of the providers that the server lists. */
import type { Credential, Provider, ProviderId, Rights, TeamKey } from "../../client/types.ts";

/** A provider as this user may use it: on credits, and with a key of their own. */
export interface UsableProvider extends Provider {
  readonly may_bring_key: boolean;
  /** Whether this user may change the keys: those of a team are its admins'. */
  readonly may_manage_keys: boolean;
  /** Whether this user belongs to the team that the page is about. */
  readonly is_member: boolean;
  /** The key of a team that pays this user's calls where they have none of their own in use; null on a team's own page. */
  readonly team_key: TeamKey | null;
}

/** Whether this user may save a key for a provider. */
export function maySave({ enabled, may_bring_key, may_manage_keys }: UsableProvider): boolean {
  return enabled && may_bring_key && may_manage_keys;
}

export function withRights(
  listed: readonly Provider[],
  rights: Rights,
  teamKeys: readonly TeamKey[],
): readonly UsableProvider[] {
  const { mayBringKey, mayUseCredits, mayManageKeys, isMember } = rights;
  return listed.map((provider) => ({
    ...provider,
    on_credits: provider.on_credits && mayUseCredits,
    may_bring_key: mayBringKey,
    may_manage_keys: mayManageKeys,
    is_member: isMember,
    team_key: teamKeys.find((key) => key.provider === provider.id) ?? null,
  }));
}

/** Whether this user's own key pays their calls, also where it does not work. */
export function isInUse(provider: UsableProvider, own: Pick<Credential, "is_paused"> | undefined): boolean {
  return own !== undefined && !own.is_paused && provider.may_bring_key;
}

/** The provider whose keys begin like this text, by the longest prefix; null when none does. */
export function looksLike<P extends Pick<Provider, "key_prefixes">>(text: string, providers: readonly P[]): P | null {
  const matches = providers.flatMap((provider) =>
    provider.key_prefixes.filter((prefix) => text.startsWith(prefix)).map((prefix) => ({ provider, prefix })),
  );
  matches.sort((a, b) => b.prefix.length - a.prefix.length);
  return matches[0]?.provider ?? null;
}

/** Those that a page shows: offered, or with a key that can still be removed. `wanted` narrows them down, and gives their order. */
export function choose(
  listed: readonly UsableProvider[],
  credentials: readonly Credential[],
  wanted: readonly ProviderId[] | undefined,
): readonly UsableProvider[] {
  const known = listed.filter(({ id, enabled }) => enabled || credentials.some(({ provider }) => provider === id));
  return wanted ? wanted.flatMap((id) => known.find((provider) => provider.id === id) ?? []) : known;
}

/** Up to so many providers have a row each. Of more, these many rows are there at least; the others are found by a search. */
const [most, least] = [6, 4];

/** The rows at first: those with a key, the user's or a team's, then others. Rows keep their place afterwards, so nothing moves under the pointer. */
export function firstRows(known: readonly UsableProvider[], credentials: readonly Credential[]): readonly ProviderId[] {
  const isOwn = ({ id }: UsableProvider) => credentials.some(({ provider }) => provider === id);
  const isTeams = (provider: UsableProvider) => !isOwn(provider) && provider.team_key !== null;
  const withKey = [...known.filter(isOwn), ...known.filter(isTeams)];
  const sorted = [...withKey, ...known.filter((provider) => !withKey.includes(provider))].map(({ id }) => id);
  return known.length <= most ? sorted : sorted.slice(0, Math.max(least, withKey.length));
}
