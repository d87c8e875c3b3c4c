/** The keys of a user's teams, as the database would use them for the user's next call. */
import { dataResult } from "./errors.ts";
import { rightsOf } from "./rights.ts";
import type { ByokSupabase } from "./schema.ts";
import type { Credential, Result } from "./types.ts";

/** The key of a team that pays the user's calls to a provider where the user has no key in use. */
export interface TeamKey extends Pick<Credential, "provider" | "status" | "reason"> {
  /** Id of the team. */
  readonly team: string;
}

/**
 * The first key for each provider, in the order in which a call asks the teams: by their ids. A paused one is passed over, as is that of a
 * team whose plan has no keys. One that does not work is not: it fails the call. A user without a team costs one request.
 */
export async function readTeamKeys(supabase: ByokSupabase, userId: string): Promise<Result<readonly TeamKey[]>> {
  const byok = supabase.schema("byok");
  const columns = "owner_id, provider, status, reason";
  const asked = byok.from("credentials").select(columns).neq("owner_id", userId).eq("is_paused", false);
  const saved = dataResult(await asked.order("owner_id").order("provider").retry(false), (rows) => rows ?? []);
  if (saved.error) return saved;
  const teams = [...new Set(saved.data.map(({ owner_id }) => owner_id))];
  const rights = await Promise.all(
    teams.map(async (p_team_id) => dataResult(await byok.rpc("read_rights", { p_team_id }), rightsOf)),
  );
  const keys = new Map<string, TeamKey>();
  for (const [index, team] of teams.entries()) {
    const { data, error } = rights[index]!;
    if (error) return { data: null, error };
    if (!data.mayBringKey) continue;
    for (const { owner_id, ...key } of saved.data) {
      if (owner_id === team && !keys.has(key.provider))
        keys.set(key.provider, { ...(key as Omit<TeamKey, "team">), team });
    }
  }
  return { data: [...keys.values()], error: null };
}
